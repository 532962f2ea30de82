import { createHash } from "node:crypto";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Target } from "../compile/targets.ts";
import { debianChangelog } from "./changelog.ts";
import { completions, copyright, debianFile, manuals, ownFile } from "./documents.ts";
import { HOMEPAGE, MAINTAINER, VERSION } from "./release.ts";
import { run } from "./run.ts";
import { type PackedFile, type Tree, writeTree } from "./tree.ts";

/** What Debian calls the processors. */
const ARCHITECTURES: Readonly<Record<Target["arch"], string>> = { x86_64: "amd64", aarch64: "arm64" };

/** The files that Debian's own tools read while they install. */
const SCRIPTS = ["postinst", "prerm", "postrm"];

/**
 * Makes the Debian package of a Linux target.
 *
 * @param executable the path of the built one
 * @param seconds the time of all files, since 1970 began
 * @returns its path
 */
export async function makeDeb(
  target: Target,
  executable: string,
  dist: string,
  seconds: number,
): Promise<string> {
  const architecture = ARCHITECTURES[target.arch];
  const file = join(dist, `agentgazer_${VERSION}_${architecture}.deb`);
  const work = await Deno.makeTempDir({ prefix: "agentgazer-deb-" });
  try {
    const tree = await contents(executable, seconds);
    await Deno.chmod(work, 0o755);
    await writeTree(work, new Map([...tree, ...await control(tree, architecture)]));
    const env = { SOURCE_DATE_EPOCH: String(seconds) };
    await run("dpkg-deb", ["--root-owner-group", "-Zxz", "--build", work, file], env);
  } finally {
    await Deno.remove(work, { recursive: true });
  }
  return file;
}

async function contents(executable: string, seconds: number): Promise<Tree> {
  const changelog = debianChangelog(await ownFile("CHANGELOG.md"), VERSION, MAINTAINER, seconds);
  return new Map<string, PackedFile>([
    ["usr/bin/agentgazer", { content: await Deno.readFile(executable), executable: true }],
    ["usr/lib/systemd/user/agentgazer.service", { content: await debianFile("agentgazer.service") }],
    ["usr/lib/systemd/user-generators/agentgazer", {
      content: await debianFile("user-generator"),
      executable: true,
    }],
    ["usr/share/bash-completion/completions/agentgazer", { content: completions("bash") }],
    ["usr/share/zsh/vendor-completions/_agentgazer", { content: completions("zsh") }],
    ["usr/share/fish/vendor_completions.d/agentgazer.fish", { content: completions("fish") }],
    ["usr/share/doc/agentgazer/copyright", { content: await copyright() }],
    ["usr/share/doc/agentgazer/changelog.gz", { content: zipped(changelog) }],
    ["usr/share/lintian/overrides/agentgazer", { content: await debianFile("lintian-overrides") }],
    ...manuals(seconds).map(({ file, text }) =>
      [`usr/share/man/man1/${file}.gz`, { content: zipped(text) }] as const
    ),
  ]);
}

async function control(tree: Tree, architecture: string): Promise<Tree> {
  const sums = [...tree].map(([path, { content }]) =>
    `${createHash("md5").update(content).digest("hex")}  ${path}\n`
  );
  const size = [...tree.values()].reduce((sum, { content }) => sum + Math.ceil(content.length / 1024), 0);
  const fields = `Package: agentgazer
Version: ${VERSION}
Architecture: ${architecture}
Maintainer: ${MAINTAINER}
Installed-Size: ${size}
Depends: libc6 (>= 2.27), libgcc-s1 | libgcc1
Recommends: libsecret-tools
Section: utils
Priority: optional
Homepage: ${HOMEPAGE}
Description: credential vault and local proxy for LLM providers
 Keeps API keys and logins of LLM providers in an encrypted vault, whose key
 is in the keyring of the desktop where there is one. Tools call a local proxy
 with a worthless local token, and the proxy puts the real credential in, for
 the provider's own host only. Agents and tools never hold the key.
`;
  const scripts = SCRIPTS.map(async (name) =>
    [`DEBIAN/${name}`, { content: await debianFile(name), executable: true }] as const
  );
  return new Map<string, PackedFile>([
    ["DEBIAN/control", { content: fields }],
    ["DEBIAN/md5sums", { content: sums.join("") }],
    ...await Promise.all(scripts),
  ]);
}

/** Without a time, so that the same text gives the same bytes. */
function zipped(text: string): Uint8Array {
  return gzipSync(text, { level: 9 });
}
