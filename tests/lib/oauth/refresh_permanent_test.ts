import assert from "node:assert/strict";
import type { AppError } from "../../../lib/errors.ts";
import { Secret } from "../../../lib/secret.ts";
import { fails } from "../../support/failure.ts";
import { assertAsked, HOUR, ID, MINUTE, type Process, refreshBox } from "../../support/refresh_box.ts";

const REASON = "the login was ended by the service";
const REFUSED = { state: "refused", reason: REASON } as const;

function assertLogin({ message, hint }: AppError): void {
  assert.deepEqual(
    [message, hint],
    [`The login of ${ID} can't be renewed: ${REASON}`, `agentgazer login ${ID}`],
  );
}

Deno.test("Refresher.ensure() uses a token until its end that is refused, and asks no more", async () => {
  using box = await refreshBox(MINUTE);
  const first = box.process();
  box.service.answers.push(REFUSED);
  await first.ensure();
  const { lastError } = box.fields();
  const at = new Date(box.time).toISOString();
  assert.deepEqual(lastError, { at, message: REASON, permanent: true, count: 1 });
  const before = box.bytes();
  box.time += MINUTE - 1;
  for (const { ensure } of [first, box.process()]) await ensure();
  for (const wait of [1, 5 * MINUTE, 365 * 24 * HOUR]) {
    box.time += wait;
    for (const { ensure } of [first, box.process()]) assertLogin(await fails("login_required", ensure));
  }
  assertAsked(box, "refresh-0");
  assert.deepEqual(box.bytes(), before);
  assert.equal(await box.token(), "access-0");
});

Deno.test("Refresher.ensure() says at once that a login is needed when the token has ended", async () => {
  using box = await refreshBox(0);
  box.service.answers.push(REFUSED);
  const process = box.process();
  const ends = await Promise.allSettled(Array.from({ length: 20 }, process.ensure));
  for (const end of ends) {
    assert.equal(end.status, "rejected");
    assertLogin(end.reason);
  }
  assertAsked(box, "refresh-0");
  assert.deepEqual(process.told, [
    `debug: ${ID}: renewing its token`,
    `warn: ${ID}: its token could not be renewed: ${REASON}`,
  ]);
});

Deno.test("Refresher.ensure() asks once for all the processes that are refused", async () => {
  using box = await refreshBox(0);
  box.service.answers.push(REFUSED);
  const ends = Array.from({ length: 10 }, () => fails("login_required", box.process().ensure));
  (await Promise.all(ends)).forEach(assertLogin);
  assertAsked(box, "refresh-0");
});

const ANY: [what: string, use: (by: Process) => Promise<unknown>][] = [
  ["ensure()", ({ ensure }) => ensure()],
  ["replace()", ({ replace }) => replace("access-0")],
];

Deno.test("Refresher asks about a refused login again only once there is a new one", async (t) => {
  for (const [what, use] of ANY) {
    await t.step(what, async () => {
      using box = await refreshBox(-HOUR);
      const process = box.process();
      box.service.answers.push(REFUSED);
      assertLogin(await fails("login_required", () => use(process)));
      // Other work on the vault is no new login.
      await box.put("api-key", "openai", "sk-1");
      assertLogin(await fails("login_required", () => use(process)));
      assertLogin(await fails("login_required", () => use(box.process())));
      await box.logOut();
      await box.logIn(0, -HOUR);
      box.service.answers.push(box.renewed(2));
      await use(process);
      assertAsked(box, "refresh-0", "refresh-0");
      assert.equal(await box.token(), "access-2");
    });
  }
});

Deno.test("Refresher.ensure() takes no failure of an older token for one of the new", async () => {
  using box = await refreshBox(-HOUR);
  const old = box.entry();
  box.service.answers.push(REFUSED);
  const process = box.process();
  await fails("login_required", process.ensure);
  const refused = box.entry();
  await box.logIn(3, HOUR);
  assert.equal(await process.refresher.replace(ID, new Secret("access-0")), true);
  await process.refresher.ensure(ID, old);
  // What stands in the clear is the caller's: it reads it from the file before.
  await fails("login_required", () => process.refresher.ensure(ID, refused));
  assertAsked(box, "refresh-0");
  assert.equal(await box.token(), "access-3");
});
