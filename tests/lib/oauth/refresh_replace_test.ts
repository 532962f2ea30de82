import assert from "node:assert/strict";
import { fails } from "../../support/failure.ts";
import {
  assertAsked,
  HOUR,
  ID,
  MINUTE,
  type RefreshBox,
  refreshBox,
  SECOND,
} from "../../support/refresh_box.ts";

const NO_RENEWAL: [
  what: string,
  refused: string,
  is: boolean,
  make?: (box: RefreshBox) => Promise<unknown>,
][] = [
  ["another one is stored", "access-9", true],
  ["one that looks like it is stored", "access-0 ", true],
  ["the login can't be renewed", "access-0", false, (box) => box.logIn(0, HOUR, { renewable: undefined })],
  ["there is no login", "access-0", false, (box) => box.logOut()],
  ["there is no vault", "access-0", false, ({ home }) => Deno.remove(home.vault)],
];

Deno.test("Refresher.replace() asks nobody for a token when …", async (t) => {
  for (const [what, refused, is, make] of NO_RENEWAL) {
    await t.step(what, async () => {
      using box = await refreshBox(HOUR);
      await make?.(box);
      assert.equal(await box.process().replace(refused), is);
      assertAsked(box);
    });
  }
});

Deno.test("Refresher.replace() renews a token that is refused before its end, once for …", async (t) => {
  for (const processes of [1, 8]) {
    await t.step(`30 requests in ${processes} processes`, async () => {
      using box = await refreshBox(HOUR);
      box.service.answers.push(box.renewed(1));
      const all = Array.from({ length: processes }, () => box.process());
      const requests = Array.from({ length: 30 }, (_, i) => all[i % processes]!.replace("access-0"));
      assert.deepEqual(new Set(await Promise.all(requests)), new Set([true]));
      assertAsked(box, "refresh-0");
      assert.equal(await box.token(), "access-1");
    });
  }
});

Deno.test("Refresher.replace() and ensure() at once ask once", async () => {
  using box = await refreshBox(MINUTE);
  box.service.answers.push(box.renewed(1));
  const { ensure, replace } = box.process();
  await Promise.all([replace("access-0"), ensure(), replace("access-0"), ensure()]);
  assertAsked(box, "refresh-0");
});

Deno.test("Refresher.replace() gives up for five minutes when the new token is refused too", async () => {
  using box = await refreshBox(HOUR);
  const { replace } = box.process();
  box.service.answers.push(box.renewed(1));
  assert.equal(await replace("access-0"), true);
  for (const wait of [0, 1, 5 * MINUTE - 2]) {
    box.time += wait;
    assert.equal(await replace("access-1"), false);
  }
  assertAsked(box, "refresh-0");
  box.time += 1;
  box.service.answers.push(box.renewed(2));
  assert.equal(await replace("access-1"), true);
  assertAsked(box, "refresh-0", "refresh-1");
});

Deno.test("Refresher.replace() does not take other tokens for the one that is refused again", async () => {
  using box = await refreshBox(HOUR);
  const { replace } = box.process();
  box.service.answers.push(box.renewed(1));
  assert.equal(await replace("access-0"), true);
  // A request that was on its way with the old one.
  assert.equal(await replace("access-0"), true);
  await box.logIn(5, HOUR);
  box.service.answers.push(box.renewed(6));
  assert.equal(await replace("access-5"), true);
  assertAsked(box, "refresh-0", "refresh-5");
});

Deno.test("Refresher.replace() renews again by a clock that was put back since", async () => {
  using box = await refreshBox(HOUR);
  const { replace } = box.process();
  box.service.answers.push(box.renewed(1));
  assert.equal(await replace("access-0"), true);
  box.time -= 24 * HOUR;
  box.service.answers.push(box.renewed(2));
  assert.equal(await replace("access-1"), true);
});

Deno.test("Refresher.replace() gives up when the service gives the same access token again", async () => {
  using box = await refreshBox(HOUR);
  box.service.answers.push(box.renewed(0));
  assert.equal(await box.process().replace("access-0"), false);
  assertAsked(box, "refresh-0");
});

const FAILURES = [
  ["refused", "login_required", `agentgazer login ${ID}`],
  ["failed", "network_failed", "try again later"],
] as const;

Deno.test("Refresher.replace() says why there is no other token", async (t) => {
  for (const [state, code, hint] of FAILURES) {
    await t.step(state, async () => {
      using box = await refreshBox(HOUR);
      const { ensure, replace } = box.process();
      box.service.answers.push({ state, reason: "of the test" });
      for (let i = 0; i < 3; i++) {
        assert.equal((await fails(code, () => replace("access-0"))).hint, hint);
        assert.equal((await fails(code, () => box.process().replace("access-0"))).hint, hint);
        // As long as it has not ended, others may be luckier with it.
        await ensure();
        box.time += SECOND;
      }
      assertAsked(box, "refresh-0");
      assert.equal(await box.token(), "access-0");
    });
  }
});
