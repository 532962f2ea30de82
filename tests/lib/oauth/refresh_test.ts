import assert from "node:assert/strict";
import { fails } from "../../support/failure.ts";
import {
  assertAsked,
  type FieldChanges,
  HOUR,
  ID,
  MINUTE,
  refreshBox,
  SECOND,
  shown,
} from "../../support/refresh_box.ts";
import { START_TIME } from "../../support/fake_system.ts";

/** A time so many seconds after the start. */
const at = (seconds: number) => new Date(START_TIME + seconds * SECOND).toISOString();

const LEFT_ALONE: [what: string, lifetime: number, more: FieldChanges][] = [
  ["ends after the margin", 5 * MINUTE + 1, {}],
  ["ends soon and can't be renewed", 1, { renewable: undefined }],
  ["does not end", 0, { expiresAt: undefined }],
  ["does not end and can't be renewed", 0, { expiresAt: undefined, renewable: undefined }],
  ["was renewed 29 seconds ago, and ends soon", MINUTE, { refreshedAt: at(-29) }],
  ["was renewed 29 seconds ago, and has ended by a clock that is ahead", -HOUR, { refreshedAt: at(-29) }],
];

Deno.test("Refresher.ensure() asks nobody for a token that …", async (t) => {
  for (const [what, lifetime, more] of LEFT_ALONE) {
    await t.step(what, async () => {
      using box = await refreshBox(lifetime, more);
      const before = box.bytes();
      const { ensure, told } = box.process();
      await ensure();
      assertAsked(box);
      assert.deepEqual([box.bytes(), told], [before, []]);
    });
  }
});

const RENEWED: [what: string, lifetime: number, more: FieldChanges][] = [
  ["ends within the margin", 5 * MINUTE, {}],
  ["has ended", 0, {}],
  ["ended long ago", -1000 * HOUR, {}],
  ["was renewed 30 seconds ago, and ends soon", MINUTE, { refreshedAt: at(-30) }],
  ["was renewed tomorrow, by a clock that was put back since", MINUTE, { refreshedAt: at(86400) }],
  ["failed long ago", MINUTE, { lastError: { at: at(-1e6), message: "m", permanent: false, count: 9 } }],
];

Deno.test("Refresher.ensure() renews once, and stores before it resolves, a token that …", async (t) => {
  for (const [what, lifetime, more] of RENEWED) {
    await t.step(what, async () => {
      using box = await refreshBox(lifetime, more);
      box.time += 7;
      box.service.answers.push(box.renewed(1));
      const { ensure } = box.process();
      await ensure();
      assertAsked(box, "refresh-0");
      assert.deepEqual(shown((await box.read())!), {
        accessToken: "access-1",
        refreshToken: "refresh-1",
        expiresAt: new Date(box.time + HOUR).toISOString(),
        renewable: true,
        refreshedAt: new Date(box.time).toISOString(),
        account: "ada@example.org",
      });
      await ensure();
      assertAsked(box, "refresh-0");
    });
  }
});

Deno.test("Refresher.ensure() goes from token to token, each used once", async () => {
  using box = await refreshBox(MINUTE);
  const { ensure, told } = box.process();
  for (let number = 1; number <= 5; number++) {
    box.service.answers.push(box.renewed(number));
    await ensure();
    assert.equal(await box.token(), `access-${number}`);
    box.time += HOUR;
  }
  assertAsked(box, "refresh-0", "refresh-1", "refresh-2", "refresh-3", "refresh-4");
  assert.deepEqual(told, Array(5).fill(`debug: ${ID}: renewing its token`));
});

Deno.test("Refresher.ensure() asks twice a minute at most, however short tokens live", async (t) => {
  for (const lifetime of [MINUTE, 1, 0, -HOUR]) {
    await t.step(`${lifetime} ms`, async () => {
      using box = await refreshBox(MINUTE);
      const { ensure } = box.process();
      for (let number = 1; number <= 12; number++) {
        box.service.answers.splice(0, 1, box.renewed(number, lifetime));
        await ensure();
        box.time += 5 * SECOND;
      }
      assert.deepEqual(box.service.asked, ["refresh-0", "refresh-1"]);
    });
  }
});

Deno.test("Refresher.ensure() says that a login has ended which can't be renewed", async (t) => {
  for (const lifetime of [0, -1, -1000 * HOUR]) {
    await t.step(`for ${-lifetime} ms`, async () => {
      using box = await refreshBox(lifetime, { renewable: undefined });
      const { message, hint } = await fails("login_required", box.process().ensure);
      assert.deepEqual([message, hint], [`The login of ${ID} has ended`, `agentgazer login ${ID}`]);
      assertAsked(box);
    });
  }
});

Deno.test("Refresher.ensure() leaves the login of a service alone that it does not know", async () => {
  using box = await refreshBox(-HOUR);
  const before = box.bytes();
  const { ensure, replace } = box.process([]);
  await ensure();
  assert.equal(await replace("access-0"), false);
  assert.deepEqual(box.bytes(), before);
});
