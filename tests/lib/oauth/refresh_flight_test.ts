import assert from "node:assert/strict";
import { Secret } from "../../../lib/secret.ts";
import { withLoginLock } from "../../../lib/oauth/stored_login.ts";
import { assertAsked, HOUR, ID, MINUTE, refreshBox } from "../../support/refresh_box.ts";
import { gate } from "../../support/scripted_service.ts";

const CALLERS: [what: string, processes: number, each: number][] = [
  ["100 callers in one process", 1, 100],
  ["one caller in each of 10 processes", 10, 1],
  ["10 callers in each of 10 processes", 10, 10],
];

Deno.test("Refresher.ensure() asks once for …", async (t) => {
  for (const lifetime of [MINUTE, -HOUR]) {
    for (const [what, processes, each] of CALLERS) {
      await t.step(`${what}, ${lifetime} ms before the end`, async () => {
        using box = await refreshBox(lifetime);
        const { answer, reached, open } = gate(box.renewed(1));
        box.service.answers.push(answer);
        const all = Array.from({ length: processes }, () => box.process());
        const running = all.flatMap(({ ensure }) => Array.from({ length: each }, ensure));
        const tokens = running.map((done) => done.then(box.token));
        await reached;
        assert.equal(await box.token(), "access-0");
        open();
        assert.deepEqual(new Set(await Promise.all(tokens)), new Set(["access-1"]));
        assertAsked(box, "refresh-0");
      });
    }
  }
});

Deno.test("Refresher.ensure() looks into the vault once for all that wait in a process", async () => {
  using box = await refreshBox(MINUTE);
  const { ensure, vault } = box.process();
  box.service.answers.push(box.renewed(1));
  await Promise.all(Array.from({ length: 100 }, ensure));
  assert.equal(vault.opened, 1);
});

Deno.test("Refresher.ensure() asks nobody for those who come late, with what they saw before", async (t) => {
  for (const which of ["the same", "another"]) {
    await t.step(`in ${which} process`, async () => {
      using box = await refreshBox(-HOUR);
      const entry = box.entry();
      const first = box.process();
      const late = which === "the same" ? first : box.process();
      box.service.answers.push(box.renewed(1));
      await first.ensure();
      await Promise.all(Array.from({ length: 10 }, () => late.refresher.ensure(ID, entry)));
      assertAsked(box, "refresh-0");
    });
  }
});

Deno.test("Refresher.ensure() asks again after a flight that failed, once for all that wait", async () => {
  using box = await refreshBox(-HOUR);
  const process = box.process();
  for (let count = 1; count <= 3; count++) {
    box.service.answers.push({ state: "failed", reason: "of the test" });
    const ends = await Promise.allSettled(Array.from({ length: 10 }, process.ensure));
    assert.deepEqual(new Set(ends.map(({ status }) => status)), new Set(["rejected"]));
    assert.equal(box.fields().lastError?.count, count);
    box.time += 5 * MINUTE;
  }
  box.service.answers.push(box.renewed(1));
  await Promise.all(Array.from({ length: 10 }, process.ensure));
  assertAsked(box, ...Array(4).fill("refresh-0"));
});

Deno.test("Refresher.ensure() uses what somebody else stored while it waited for the lock", async (t) => {
  for (const lifetime of [MINUTE, -HOUR]) {
    await t.step(`${lifetime} ms before the end`, async () => {
      using box = await refreshBox(lifetime);
      const { refresher, ensure } = box.process();
      const entered = Promise.withResolvers<void>();
      const done = withLoginLock(box.home, ID, async () => {
        entered.resolve();
        await waited.promise;
        const { login, fields } = (await box.read())!;
        const expiresAt = new Date(box.time + HOUR).toISOString();
        const text = JSON.stringify({ accessToken: "access-9", refreshToken: "refresh-9" });
        assert.equal(login.accessToken.reveal(), "access-0");
        await box.vault().change((draft) =>
          draft.put("login", ID, new Secret(text), { ...fields, expiresAt })
        );
      });
      const waited = Promise.withResolvers<void>();
      await entered.promise;
      const waiting = Promise.all([ensure(), refresher.replace(ID, new Secret("access-0"))]);
      waited.resolve();
      await done;
      assert.deepEqual(await waiting, [undefined, true]);
      assert.equal(await box.token(), "access-9");
      assertAsked(box);
    });
  }
});

Deno.test("Refresher.ensure() holds up neither other logins nor other work on the vault", async () => {
  using box = await refreshBox(-HOUR);
  const { answer, reached, open } = gate(box.renewed(1));
  box.service.answers.push(answer);
  const { ensure, refresher } = box.process([box.service, {
    id: "minimax-oauth",
    margin: MINUTE,
    renew: () => Promise.resolve(box.renewed(5)),
  }]);
  const hanging = ensure();
  await reached;
  await box.put("api-key", "openai", "sk-1");
  const soon = new Date(box.time).toISOString();
  const text = '{"accessToken":"access-4","refreshToken":"refresh-4"}';
  await box.put("login", "minimax-oauth", text, { renewable: true, expiresAt: soon });
  await refresher.ensure("minimax-oauth", box.vault().read().entry("login", "minimax-oauth")!.fields);
  assert.match((await box.open("login", "minimax-oauth"))!, /access-5/);
  assert.equal(await box.open("api-key", "openai"), "sk-1");
  assert.equal(await box.token(), "access-0");
  open();
  await hanging;
  assert.equal(await box.token(), "access-1");
  assert.equal(await box.open("api-key", "openai"), "sk-1");
});
