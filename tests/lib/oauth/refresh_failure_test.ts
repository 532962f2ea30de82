import assert from "node:assert/strict";
import { fails } from "../../support/failure.ts";
import { assertAsked, HOUR, ID, MINUTE, refreshBox, SECOND } from "../../support/refresh_box.ts";

const REASON = "the service is too busy";
const FAILED = { state: "failed", reason: REASON } as const;

/** The pauses after the first, the second and so on, in seconds. */
const PAUSES = [5, 10, 20, 40, 80, 160, 300, 300, 300];

Deno.test("Refresher.ensure() pauses longer after each failure, in all processes alike", async () => {
  using box = await refreshBox(-HOUR);
  for (const [i, seconds] of PAUSES.entries()) {
    box.service.answers.push(FAILED);
    // Each failure comes to another process.
    const { message, hint } = await fails("network_failed", box.process().ensure);
    assert.deepEqual(
      [message, hint],
      [`The token of ${ID} could not be renewed: ${REASON}`, "try again later"],
    );
    const at = new Date(box.time).toISOString();
    assert.deepEqual(box.fields().lastError, { at, message: REASON, permanent: false, count: i + 1 });
    assert.equal(await box.token(), "access-0");
    const before = box.bytes();
    box.time += seconds * SECOND - 1;
    const other = box.process();
    await fails("network_failed", other.ensure);
    await fails("network_failed", () => other.replace("access-0"));
    assert.deepEqual(box.bytes(), before);
    box.time += 1;
  }
  assertAsked(box, ...PAUSES.map(() => "refresh-0"));
});

Deno.test("Refresher.ensure() is no error after a failure, as long as the token is good", async () => {
  using box = await refreshBox(8 * SECOND);
  const { ensure, told } = box.process();
  box.service.answers.push(FAILED);
  await ensure();
  assert.deepEqual(told, [
    `debug: ${ID}: renewing its token`,
    `warn: ${ID}: its token could not be renewed: ${REASON}`,
    `debug: ${ID}: The token of ${ID} could not be renewed: ${REASON}; its token is still good`,
  ]);
  box.time += 5 * SECOND - 1;
  await ensure();
  box.time += 1;
  box.service.answers.push(FAILED);
  await ensure();
  assertAsked(box, "refresh-0", "refresh-0");
  box.time += 3 * SECOND - 1;
  await ensure();
  box.time += 1;
  await fails("network_failed", ensure);
  assertAsked(box, "refresh-0", "refresh-0");
});

Deno.test("Refresher.ensure() fails when the token ends while its renewal fails", async () => {
  using box = await refreshBox(SECOND);
  box.service.answers.push(() => {
    box.time += SECOND;
    return FAILED;
  });
  await fails("network_failed", box.process().ensure);
});

Deno.test("Refresher.ensure() forgets the failures once it succeeds", async () => {
  using box = await refreshBox(-HOUR);
  for (let count = 1; count <= 4; count++) {
    box.service.answers.push(FAILED);
    await fails("network_failed", box.process().ensure);
    box.time += 5 * MINUTE;
  }
  box.service.answers.push(box.renewed(1, MINUTE));
  await box.process().ensure();
  assert.equal(box.fields().lastError, undefined);
  box.time += MINUTE;
  box.service.answers.push(FAILED);
  await fails("network_failed", box.process().ensure);
  assert.equal(box.fields().lastError?.count, 1);
  assert.equal(await box.token(), "access-1");
});

Deno.test("Refresher.ensure() goes on soon after a failure by a clock that was ahead then", async () => {
  using box = await refreshBox(MINUTE);
  box.time += 365 * 24 * HOUR;
  box.service.answers.push(FAILED);
  const { ensure } = box.process();
  await fails("network_failed", ensure);
  box.time -= 365 * 24 * HOUR - 5 * MINUTE;
  box.service.answers.push(box.renewed(1));
  await ensure();
  assert.equal(await box.token(), "access-1");
});

Deno.test("Refresher.ensure() starts anew with a new login, whatever failed before", async (t) => {
  for (const state of ["failed", "refused"] as const) {
    await t.step(state, async () => {
      using box = await refreshBox(-HOUR);
      const { ensure } = box.process();
      box.service.answers.push({ state, reason: REASON });
      await fails(state === "failed" ? "network_failed" : "login_required", ensure);
      await box.logIn(7, MINUTE);
      box.service.answers.push(box.renewed(8));
      await ensure();
      assertAsked(box, "refresh-0", "refresh-7");
      assert.equal(await box.token(), "access-8");
      assert.equal(box.fields().lastError, undefined);
    });
  }
});
