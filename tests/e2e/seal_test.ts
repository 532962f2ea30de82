import assert from "node:assert/strict";
import { join } from "node:path";
import { ROOT, testWith } from "../support/needs.ts";
import { makeBox, type Run } from "../support/program.ts";
import { startProviders } from "../support/providers.ts";

const NEEDS = ["compile", "namespace", "openssl", "script"] as const;

testWith(NEEDS, "the sealed program reaches hosts of the table and no other, and never asks", async (t) => {
  const folder = await Deno.makeTempDir({ prefix: "agentgazer-test-" });
  await using providers = await startProviders(folder, ["attacker.test"]);
  await using box = await makeBox(providers, folder);
  const probe = join(folder, "probe");
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-q",
      "-A",
      join(ROOT, "scripts", "compile.ts"),
      "--entry",
      join(ROOT, "tests", "e2e", "probe.ts"),
      "--output",
      probe,
    ],
    stdout: "null",
    stderr: "piped",
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));

  providers.answer = (request) =>
    request.headers.get("upgrade") === "websocket"
      ? Deno.upgradeWebSocket(request).response
      : Response.json({ ok: true });
  const env = { SECRET_OF_ANOTHER: "s" };
  const rows: [name: string, run: (host: string) => Promise<Run>][] = [
    ["from a program", (host) => box.run([host], { program: probe, env })],
    [
      "on a terminal",
      (host) => box.run(["-qec", `${probe} ${host}`, "/dev/null"], { program: "script", env }),
    ],
  ];
  for (const [name, run] of rows) {
    for (const [host, net] of [["attacker.test", "NotCapable"], ["api.openai.com", "open"]] as const) {
      await t.step(`${name}: ${host}`, async () => {
        providers.received.length = 0;
        const { stdout } = await run(host);
        const found = Object.fromEntries(stdout.trim().split(/\r?\n/).map((one) => one.split(/ (.*)/)));
        assert.deepEqual(found, {
          fetch: net,
          tls: net,
          tcp: net,
          websocket: net === "open" ? "open" : found.websocket,
          run: "NotCapable",
          ffi: "NotCapable",
          env: "unset false",
        });
        if (net !== "open") {
          assert.notEqual(found.websocket, "open");
          assert.equal(providers.received.length, 0);
        }
      });
    }
  }
  // It need not be searched for secrets.
  await Deno.remove(probe);
});

testWith(["compile"], "agentgazer leaves no code cache in the temporary folder", async () => {
  await using box = await makeBox();
  await box.run(["--version"]);
  await box.run(["providers", "list"]);
  await using proxy = await box.start();
  await proxy.stop();
  const left = [...Deno.readDirSync(box.folder)].map(({ name }) => name);
  assert.deepEqual(left, ["home"]);
});
