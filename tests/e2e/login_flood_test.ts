import assert from "node:assert/strict";
import { beginLogin, browserScene, freed, storedIn, visit } from "../support/browser_login.ts";
import { testWith } from "../support/needs.ts";
import { makeHang } from "../support/vendors/faults.ts";
import { randomText } from "../support/vendors/issued.ts";

const NEEDS = ["compile", "namespace", "openssl"] as const;

const HOST = "localhost:1455";

testWith(NEEDS, "a login takes one answer", async (t) => {
  await using scene = await browserScene();
  const { codex } = scene;
  await using login = await beginLogin(scene);
  const hang = makeHang();
  codex.traps.exchange = hang.fault;
  const right = codex.approve(login.url);
  const first = visit(right);
  await hang.arrived;
  const rows: [name: string, url: string, status: number][] = [
    ["the same again", right, 409],
    ["another code", codex.approve(login.url), 409],
    ["no as an answer", codex.deny(login.url), 409],
    ["no code", right.replace("code=", "kode="), 409],
    ["the code of an attacker, who has no state", right.replace(/state=.*/, "state=x"), 400],
    ["another path", right.replace("callback", "elsewhere"), 404],
  ];
  for (const [name, url, status] of rows) {
    await t.step(`${name}: ${status}`, async () => {
      const page = await visit(url);
      assert.equal(page.status, status, page.text);
      assert.doesNotMatch(page.text, /logged in/);
    });
  }
  await t.step("many at once: all 409", async () => {
    const pages = await Promise.all(Array.from({ length: 50 }, () => visit(right)));
    assert.deepEqual(new Set(pages.map(({ status }) => status)), new Set([409]));
  });
  hang.release();
  await t.step("the first is not disturbed", async () => {
    assert.equal((await first).status, 200);
    assert.equal((await login.ended).code, 0);
    assert.equal(codex.counts.exchange, 1);
    assert.deepEqual(await storedIn(scene), ["openai-oauth"]);
  });
});

testWith(NEEDS, "of many right answers at once, one is taken", async () => {
  await using scene = await browserScene();
  await using login = await beginLogin(scene);
  const right = scene.codex.approve(login.url);
  const visits = Array.from({ length: 20 }, (_, i) => visit(right, i % 2 === 0 ? "127.0.0.1" : "::1"));
  // Those that come after the end find nobody.
  const pages = (await Promise.allSettled(visits)).filter((one) => one.status === "fulfilled");
  const statuses = pages.map(({ value }) => value.status).filter((status) => status !== 0);
  assert.deepEqual(statuses.filter((status) => status !== 409), [200]);
  assert.equal((await login.ended).code, 0);
  assert.equal(scene.codex.counts.exchange, 1);
});

testWith(NEEDS, "a login outlives 10,000 answers of somebody who guesses", async () => {
  await using scene = await browserScene();
  await using login = await beginLogin(scene);
  const makers = [
    () => `http://${HOST}/auth/callback?code=${randomText(24)}&state=${randomText(32)}`,
    () => `http://${HOST}/auth/callback?error=access_denied&state=${randomText(32)}`,
    () => `http://${HOST}/auth/callback?code=x&state=${login.state.slice(0, 42)}${randomText(1)[0]}x`,
    () => `http://${HOST}/${randomText(8)}`,
  ];
  let left = 10_000;
  const statuses = new Set<number>();
  async function guess(): Promise<void> {
    while (left-- > 0) {
      const response = await fetch(makers[left % makers.length]!());
      statuses.add(response.status);
      await response.body?.cancel();
    }
  }
  await Promise.all(Array.from({ length: 16 }, guess));
  assert.deepEqual([...statuses].sort(), [400, 404]);
  assert.equal(scene.codex.counts.exchange, 0);
  assert.equal((await visit(scene.codex.approve(login.url))).status, 200);
  const { code, stderr } = await login.ended;
  assert.equal(code, 0, stderr);
  assert.ok(stderr.split("\n").length < 10, "guesses fill the screen");
  await freed(1455);
});
