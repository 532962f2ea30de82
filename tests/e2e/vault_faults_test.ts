import assert from "node:assert/strict";
import { testWith } from "../support/needs.ts";
import { startScene } from "../support/scene.ts";

const NEEDS = ["compile", "namespace", "openssl"] as const;

testWith(
  NEEDS,
  "a vault that can't be read is a 503 with the way out in the log, until it is mended",
  async (t) => {
    await using scene = await startScene(["openai"]);
    const file = `${scene.box.home}/vault.json`;
    const aside = `${file}.aside`;
    const good = await Deno.readFile(file);
    const put = () => Deno.writeFile(file, good, { mode: 0o600 });
    const rows: [what: string, spoil: () => Promise<void>, mend: () => Promise<void>, logged: RegExp][] = [
      ["removed", () => Deno.remove(file), put, /error: There is no vault \(put vault\.json back/],
      ["empty", () => Deno.truncate(file), put, /error: .*it is damaged \(empty\)/],
      [
        "cut in half",
        () => Deno.truncate(file, good.length >> 1),
        put,
        /error: .*it is damaged \(not JSON\)/,
      ],
      [
        "of a newer version",
        async () => {
          const vault = JSON.parse(new TextDecoder().decode(good));
          await Deno.writeTextFile(file, JSON.stringify({ ...vault, version: 99 }));
        },
        put,
        /error: .*a newer agentgazer wrote it/,
      ],
      [
        "open to others",
        () => Deno.chmod(file, 0o644),
        () => Deno.chmod(file, 0o600),
        /error: .*\(chmod 600 /,
      ],
      [
        "a link",
        async () => {
          await Deno.rename(file, aside);
          await Deno.symlink(aside, file);
        },
        async () => {
          await Deno.remove(file);
          await Deno.rename(aside, file);
        },
        /error: .*it is a link/,
      ],
      [
        "a folder",
        async () => {
          await Deno.remove(file);
          await Deno.mkdir(file);
        },
        async () => {
          await Deno.remove(file);
          await put();
        },
        /error: Cannot use .*vault\.json/,
      ],
    ];
    let refusals = 0;
    for (const [what, spoil, mend, logged] of rows) {
      await t.step(what, async () => {
        const before = scene.proxy.log().length;
        await spoil();
        scene.providers.received.length = 0;
        const refused = await scene.call("/openai/v1/models");
        assert.deepEqual([refused.status, (await refused.json()).error.code], [503, "vault_unavailable"]);
        assert.equal(scene.providers.received.length, 0);
        refusals++;
        await scene.proxy.logged(new RegExp(`(?:vault_unavailable\n[^]*){${refusals}}`));
        assert.match(scene.proxy.log().slice(before), logged);
        await mend();
        const answer = await scene.call("/openai/v1/models");
        assert.equal(answer.status, 200, await answer.text());
      });
    }
    await t.step("another's, whose clients are others", async () => {
      await using other = await startScene(["openai"]);
      await Deno.copyFile(`${other.box.home}/vault.json`, file);
      const refused = await scene.call("/openai/v1/models");
      assert.equal(refused.status, 401, await refused.text());
      await put();
      const answer = await scene.call("/openai/v1/models");
      assert.equal(answer.status, 200, await answer.text());
    });
  },
);
