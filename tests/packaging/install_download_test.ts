import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { type Entry, pack } from "../support/installer/archive.ts";
import { pathOf } from "../support/installer/path_of.ts";
import { installed, NAME, release } from "../support/installer/release.ts";
import { makeScene, type Options } from "../support/installer/scene.ts";
import { testWith } from "../support/needs.ts";
import type { TemporaryFolder } from "../support/temporary_folder.ts";

testWith([], "install.sh makes do with what there is", async (t) => {
  const once = (first: () => Response): Options => ({
    answer: (archive, count) => count === 1 ? first() : new Response(archive),
  });
  const rows: [what: string, options: Options, needs?: string][] = [
    ["only wget", { tools: { curl: undefined } }, "wget"],
    ["only curl", { tools: { wget: undefined } }],
    ["only shasum", { tools: { sha256sum: undefined, openssl: undefined } }, "shasum"],
    ["only openssl", { tools: { sha256sum: undefined, shasum: undefined } }, "openssl"],
    ["a redirect", once(() => new Response(null, { status: 302, headers: { location: "/elsewhere" } }))],
    ["a server that is busy at first", once(() => new Response("busy", { status: 503 }))],
    ["only the archive of this machine", { triples: ["x86_64-unknown-linux-gnu"] }],
  ];
  for (const [what, options, needs = "sh"] of rows) {
    const ignore = pathOf(needs) === undefined;
    const fn = async () => {
      await using scene = makeScene(options);
      const run = await scene.run();
      assert.equal(run.code, 0, run.stderr);
      assert.deepEqual(scene.files(), installed(scene.prefix));
    };
    await t.step({ name: ignore ? `${what} [ignored: no ${needs}]` : what, ignore, fn });
  }
});

testWith([], "install.sh writes nothing outside its folders, whatever the archive holds", async (t) => {
  const rows: [what: string, more: (folder: TemporaryFolder) => Entry[]][] = [
    ["..", () => [{ name: "../evil", content: "evil" }]],
    [".. within its folder", () => [{ name: `${NAME}/../../evil`, content: "evil" }]],
    ["a page named ..", () => [{ name: `${NAME}/man/../../../evil.1`, content: "evil" }]],
    ["an absolute name", (folder) => [{ name: folder.at("evil"), content: "evil" }]],
    ["a file beside its folder", () => [{ name: "evil", content: "evil" }]],
    ["a page of another program", () => [{ name: `${NAME}/man/sudo.1`, content: "evil" }]],
    ["a further program", () => [{ name: `${NAME}/bin/evil`, content: "evil" }]],
    ["a link and a file behind it", (folder) => [
      { name: `${NAME}/out`, link: folder.path },
      { name: `${NAME}/out/evil`, content: "evil" },
    ]],
    ["a link in place of its folder", (folder) => [
      { name: NAME, link: folder.path },
      { name: `${NAME}/evil`, content: "evil" },
    ]],
  ];
  for (const [what, more] of rows) {
    await t.step(what, async () => {
      const entries: Entry[] = [];
      await using scene = makeScene({ answer: () => new Response(pack(entries)) });
      entries.push(...more(scene.folder), ...release());
      const digest = createHash("sha256").update(pack(entries)).digest("hex");
      const run = await scene.run([], { script: scene.script.replace(/[0-9a-f]{64}/g, digest) });
      assert.deepEqual(scene.files(), run.code === 0 ? installed(scene.prefix) : {});
    });
  }
});
