import assert from "node:assert/strict";
import { AppError, type ErrorCode } from "../../../lib/errors.ts";
import { fails } from "../../support/failure.ts";
import {
  assertAsked,
  HOUR,
  ID,
  MINUTE,
  type Process,
  refreshBox,
  SECOND,
} from "../../support/refresh_box.ts";

const WHY: [what: string, code: ErrorCode, message: string][] = [
  ["the disk is full", "vault_unavailable", "Cannot write /v: No space left on device (os error 28)"],
  ["another process holds the vault", "vault_unavailable", "Cannot lock /v.lock: another agentgazer has it"],
  ["the keystore is gone", "keystore_unavailable", "Cannot reach the keyring"],
  ["the key is another one", "key_mismatch", "The key in the keyring is another one"],
];

/** Lets the next changes of the vault fail. */
function breakVault(
  { vault }: Process,
  times: number,
  error = new AppError("vault_unavailable", "full"),
): void {
  vault.changes.push(...Array(times).fill(error));
}

Deno.test("Refresher.ensure() stores a new token again while …, and asks nobody again", async (t) => {
  for (const [what, code, message] of WHY) {
    for (const times of [1, 2, 4]) {
      await t.step(`${what}, ${times} times`, async () => {
        using box = await refreshBox(-HOUR);
        const process = box.process();
        breakVault(process, times, new AppError(code, message));
        box.service.answers.push(box.renewed(1));
        await process.ensure();
        assertAsked(box, "refresh-0");
        assert.equal(await box.token(), "access-1");
        assert.deepEqual(process.slept, Array(times).fill(SECOND));
        assert.deepEqual(process.told, [
          `debug: ${ID}: renewing its token`,
          ...Array(times).fill(`warn: ${ID}: its new token could not be stored yet: ${message}`),
        ]);
      });
    }
  }
});

Deno.test("Refresher.ensure() uses no token before it could be stored, and stores it later", async (t) => {
  for (const [what, code, message] of WHY) {
    await t.step(what, async () => {
      using box = await refreshBox(-HOUR);
      const process = box.process();
      const error = new AppError(code, message);
      breakVault(process, 5, error);
      box.service.answers.push(box.renewed(1));
      const { message: told } = await fails(code, process.ensure);
      assert.equal(told, `The new token of ${ID} could not be stored: ${message}`);
      assert.equal(await box.token(), "access-0");
      for (let more = 0; more < 3; more++) {
        breakVault(process, 1, error);
        assert.equal(await fails(code, process.ensure), error);
        breakVault(process, 1, error);
        assert.equal(await fails(code, () => process.replace("access-0")), error);
      }
      await process.ensure();
      assertAsked(box, "refresh-0");
      assert.equal(await box.token(), "access-1");
    });
  }
});

Deno.test("Refresher.replace() gives the token that could not be stored before", async () => {
  using box = await refreshBox(HOUR);
  const process = box.process();
  breakVault(process, 5);
  box.service.answers.push(box.renewed(1));
  await fails("vault_unavailable", () => process.replace("access-0"));
  assert.equal(await process.replace("access-0"), true);
  assertAsked(box, "refresh-0");
  assert.equal(await box.token(), "access-1");
});

Deno.test("Refresher.ensure() tells that the new token can't be stored, also while the old one is good", async () => {
  using box = await refreshBox(MINUTE);
  const process = box.process();
  breakVault(process, 6);
  box.service.answers.push(box.renewed(1));
  await fails("vault_unavailable", process.ensure);
  await fails("vault_unavailable", process.ensure);
  assert.equal(await box.token(), "access-0");
  await process.ensure();
  assertAsked(box, "refresh-0");
  assert.equal(await box.token(), "access-1");
});

Deno.test("Refresher.ensure() throws a defect of the vault at once", async () => {
  using box = await refreshBox(MINUTE);
  const process = box.process();
  process.vault.change = () => Promise.reject(new RangeError("of the test"));
  box.service.answers.push(box.renewed(1));
  await assert.rejects(process.ensure, RangeError);
  assert.deepEqual(process.slept, []);
});

Deno.test("Refresher.ensure() drops a token that could not be stored when somebody else …", async (t) => {
  const others: [what: string, work: (box: Awaited<ReturnType<typeof refreshBox>>) => Promise<void>][] = [
    ["logged in anew", (box) => box.logIn(9, HOUR)],
    ["logged in anew, with a token that ends soon", (box) => box.logIn(9, MINUTE)],
    ["logged out and in", (box) => box.logOut().then(() => box.logIn(9, HOUR))],
  ];
  for (const [what, work] of others) {
    await t.step(what, async () => {
      using box = await refreshBox(-HOUR);
      const entry = box.entry();
      const process = box.process();
      breakVault(process, 5);
      box.service.answers.push(box.renewed(1));
      await fails("vault_unavailable", process.ensure);
      await work(box);
      box.service.answers.push(box.renewed(10));
      await process.refresher.ensure(ID, entry);
      assert.ok(["access-9", "access-10"].includes((await box.token())!));
      assert.deepEqual(
        new Set(box.service.asked.slice(1)),
        new Set(box.service.asked[1] ? ["refresh-9"] : []),
      );
    });
  }
  await t.step("logged out", async () => {
    using box = await refreshBox(-HOUR);
    const entry = box.entry();
    const process = box.process();
    breakVault(process, 5);
    box.service.answers.push(box.renewed(1));
    await fails("vault_unavailable", process.ensure);
    await box.logOut();
    await process.refresher.ensure(ID, entry);
    assert.equal(await box.token(), undefined);
    assertAsked(box, "refresh-0");
  });
});
