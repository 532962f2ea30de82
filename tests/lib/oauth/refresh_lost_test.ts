import assert from "node:assert/strict";
import type { Renewal } from "../../../lib/oauth/service.ts";
import { fails } from "../../support/failure.ts";
import { assertAsked, HOUR, ID, MINUTE, refreshBox, SECOND } from "../../support/refresh_box.ts";

const LOST: Renewal = { state: "lost", reason: "the connection broke off" };
const TOLD = `warn: ${ID}: renewing its token: the connection broke off; trying once more`;

Deno.test("Refresher.ensure() tries once more when the answer was lost", async () => {
  using box = await refreshBox(-HOUR);
  box.service.answers.push(LOST, box.renewed(1));
  const { ensure, told, slept } = box.process();
  await ensure();
  assertAsked(box, "refresh-0", "refresh-0");
  assert.equal(await box.token(), "access-1");
  assert.equal(box.fields().lastError, undefined);
  assert.deepEqual([told.filter((line) => line.startsWith("warn")), slept], [[TOLD], []]);
});

const AFTER: [what: string, second: Renewal, code: "login_required" | "network_failed", message: string][] = [
  ["is lost again", { state: "lost", reason: "again" }, "network_failed", "again"],
  ["fails", { state: "failed", reason: "too busy" }, "network_failed", "too busy"],
  [
    "is refused",
    { state: "refused", reason: "used before" },
    "login_required",
    "used before; the answer to the first attempt was lost",
  ],
];

Deno.test("Refresher.ensure() says what happened when the answer was lost, and the second …", async (t) => {
  for (const [what, second, code, message] of AFTER) {
    await t.step(what, async () => {
      using box = await refreshBox(-HOUR);
      box.service.answers.push(LOST, second);
      const { ensure, replace, told } = box.process();
      const error = await fails(code, ensure);
      assert.ok(error.message.endsWith(`: ${message}`), error.message);
      assertAsked(box, "refresh-0", "refresh-0");
      assert.deepEqual(box.fields().lastError, {
        at: new Date(box.time).toISOString(),
        message,
        permanent: code === "login_required",
        count: 1,
      });
      assert.deepEqual(told.filter((line) => line.startsWith("warn")), [
        TOLD,
        `warn: ${ID}: its token could not be renewed: ${message}`,
      ]);
      assert.equal(await box.token(), "access-0");
      // Nothing more for whoever comes next.
      await fails(code, ensure);
      await fails(code, () => replace("access-0"));
      await fails(code, box.process().ensure);
      assertAsked(box, "refresh-0", "refresh-0");
    });
  }
});

Deno.test("Refresher.ensure() tries no second time when meanwhile …", async (t) => {
  using box = await refreshBox(-HOUR);
  const { ensure } = box.process();
  await t.step("another token was stored", async () => {
    box.service.answers.push(async () => {
      box.time += SECOND;
      const { home } = box;
      // As by a program that knows nothing of the lock.
      await Deno.remove(home.refreshLock(ID));
      await box.logIn(9, HOUR);
      return LOST;
    });
    await ensure();
    assertAsked(box, "refresh-0");
    assert.equal(await box.token(), "access-9");
  });
  await t.step("the login was removed", async () => {
    await box.logIn(0, MINUTE);
    box.service.answers.push(async () => {
      await box.logOut();
      return LOST;
    });
    await ensure();
    assertAsked(box, "refresh-0", "refresh-0");
    assert.equal(await box.token(), undefined);
  });
});

Deno.test("Refresher.ensure() warns of no second attempt that it does not make", async () => {
  using box = await refreshBox(-HOUR);
  const { ensure, told } = box.process();
  box.service.answers.push(async () => {
    await box.logOut();
    return LOST;
  });
  await ensure();
  assert.deepEqual(told.filter((line) => /once more|could not be renewed/.test(line)), []);
});

Deno.test("Refresher.ensure() tries twice in the next attempt too, after the pause", async () => {
  using box = await refreshBox(-HOUR);
  const { ensure } = box.process();
  box.service.answers.push(LOST, LOST);
  await fails("network_failed", ensure);
  box.time += 5 * SECOND;
  box.service.answers.push(LOST, box.renewed(1));
  await ensure();
  assertAsked(box, ...Array(4).fill("refresh-0"));
  assert.equal(await box.token(), "access-1");
});
