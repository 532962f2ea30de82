import { createHash } from "node:crypto";
import { TARGETS } from "../../../scripts/compile/targets.ts";
import type { Run } from "../program.ts";
import { type TemporaryFolder, temporaryFolder } from "../temporary_folder.ts";
import { broken } from "./answers.ts";
import { type Entry, pack } from "./archive.ts";
import { filesIn } from "./files.ts";
import { release } from "./release.ts";
import { type RunOptions, runScript } from "./run.ts";
import { fill } from "./template.ts";
import { putTools, type Tools } from "./tools.ts";

/** In what a scene differs from one in which all goes well. */
export interface Options {
  readonly entries?: readonly Entry[];
  /** What the server answers with. */
  readonly answer?: (archive: Uint8Array<ArrayBuffer>, count: number) => Response;
  /** Where the script says that the release is. */
  readonly downloads?: string;
  /** What the script says that the archive's digest is. */
  readonly digest?: string;
  readonly triples?: readonly string[];
  readonly tools?: Tools;
}

/** A machine, and a server with a release for it. */
export interface Scene extends AsyncDisposable {
  readonly folder: TemporaryFolder;
  /** The default one. */
  readonly prefix: string;
  readonly script: string;
  readonly url: string;
  /** The paths that were asked for. */
  readonly asked: readonly string[];
  run(args?: readonly string[], options?: RunOptions): Promise<Run>;
  /** All files, with their modes and contents. */
  files(): Record<string, string>;
}

/** Makes one: by default, a release that is as it should be and a machine that it is for. */
export function makeScene(options: Options = {}): Scene {
  const { entries = release(), tools = {}, triples = TARGETS.map(({ triple }) => triple) } = options;
  const { answer = (archive) => new Response(archive) } = options;
  const folder = temporaryFolder();
  for (const name of ["home", "tmp", "tools"]) Deno.mkdirSync(folder.at(name));
  putTools(folder, tools);

  const archive = pack(entries);
  const asked: string[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {}, onError: broken }, (request) => {
    asked.push(new URL(request.url).pathname);
    return answer(archive, asked.length);
  });
  const url = `http://127.0.0.1:${server.addr.port}`;
  const digest = options.digest ?? createHash("sha256").update(archive).digest("hex");
  const script = fill(options.downloads ?? url, digest, triples);

  return {
    folder,
    prefix: folder.at("home", ".local"),
    script,
    url,
    asked,
    run: (args = [], options = {}) => runScript(folder, script, args, options),
    files: () => filesIn(folder),
    async [Symbol.asyncDispose]() {
      await server.shutdown();
      folder[Symbol.dispose]();
    },
  };
}
