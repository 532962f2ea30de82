import assert from "node:assert/strict";
import { testWith } from "../support/needs.ts";
import { makeHang } from "../support/vendors/faults.ts";
import { type LoginScene, startLoginScene } from "../support/vendors/login_scene.ts";
import { DUE, seed } from "../support/vendors/seed.ts";

const NEEDS = ["compile", "namespace", "openssl"] as const;
const ID = "openai-oauth";
const TEST = ["providers", "test", ID];

/** Checks that the token that was being renewed is in the vault, and good. */
async function assertKept({ box, codex }: LoginScene): Promise<void> {
  const before = codex.counts.refresh;
  const { code, stderr } = await box.run(TEST);
  assert.equal(code, 0, stderr);
  assert.equal(codex.counts.refresh, before);
}

testWith(NEEDS, "a signal ends `providers test` only once a token that was spent is replaced", async (t) => {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    await t.step(signal, async () => {
      await using scene = await startLoginScene();
      const { box, codex } = scene;
      await seed(scene, ID, DUE);
      const hang = makeHang("after");
      codex.traps.refresh = hang.fault;
      await using running = box.spawn(TEST);
      await hang.arrived;
      running.kill(signal);
      hang.release();
      const { code, stdout, stderr } = await running.ended;
      assert.deepEqual([code, stdout], [130, ""], stderr);
      assert.match(stderr, /Interrupted/);
      delete codex.traps.refresh;
      await assertKept(scene);
    });
  }
});

testWith(NEEDS, "two signals end `start` only once a token that was spent is replaced", async () => {
  await using scene = await startLoginScene();
  const { box, codex } = scene;
  await seed(scene, ID, DUE);
  const hang = makeHang("after");
  codex.traps.refresh = hang.fault;
  await using proxy = await box.start();
  const env = JSON.parse((await box.run(["env", "--shell", "json"])).stdout);
  const headers = { authorization: `Bearer ${env.OPENAI_API_KEY}` };
  const call = fetch(`${env.OPENAI_BASE_URL}/responses`, { method: "POST", headers, body: "{}" });
  const ended = call.then((response) => response.text()).catch(() => {});
  await hang.arrived;
  const stopped = proxy.stop("SIGTERM");
  await proxy.logged(/waiting for 1 request to end/);
  Deno.kill(proxy.pid, "SIGTERM");
  hang.release();
  await stopped;
  await ended;
  delete codex.traps.refresh;
  await assertKept(scene);
});
