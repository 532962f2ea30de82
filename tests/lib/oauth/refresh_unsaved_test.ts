import assert from "node:assert/strict";
import { AppError } from "../../../lib/errors.ts";
import { failureOf } from "../../support/failure.ts";
import { assertAsked, HOUR, MINUTE, type Process, refreshBox, SECOND } from "../../support/refresh_box.ts";

const FULL = new AppError("vault_unavailable", "Cannot write /v: No space left on device (os error 28)");

/** Lets the next changes of the vault fail. */
function fill({ vault }: Process, times: number): void {
  vault.changes.push(...Array(times).fill(FULL));
}

const STATES = ["failed", "lost", "refused"] as const;

Deno.test("Refresher.ensure() keeps what it could not store when another recorded that it …", async (t) => {
  for (const state of STATES) {
    await t.step(state, async () => {
      using box = await refreshBox(-HOUR);
      const [has, other] = [box.process(), box.process()];
      fill(has, 5);
      box.service.answers.push(box.renewed(1, 2 * HOUR));
      await failureOf(has.ensure);
      const answer = { state, reason: "of the test" };
      box.service.answers.push(...state === "lost" ? [answer, answer] : [answer]);
      await failureOf(other.ensure);
      box.time += HOUR;
      // The old refresh token is spent: there is no other token than the one that waits to be stored.
      box.service.answers.push({ state: "refused", reason: "the token was used before" });
      await has.ensure();
      assert.equal(await box.token(), "access-1");
      assert.equal(box.fields().lastError, undefined);
    });
  }
});

Deno.test("Refresher.ensure() does not ask again at once when it can't store that it …", async (t) => {
  for (const state of STATES) {
    for (const lifetime of [MINUTE, -HOUR]) {
      await t.step(`${state}, ${lifetime} ms before the end`, async () => {
        using box = await refreshBox(lifetime);
        const process = box.process();
        const attempts = state === "lost" ? 2 : 1;
        for (let i = 0; i < 5; i++) {
          fill(process, 9);
          box.service.answers.push(...Array(2).fill({ state, reason: "of the test" }));
          await process.ensure().catch((error) => assert.ok(error instanceof AppError));
          process.vault.changes.length = 0;
          box.time += SECOND / 2;
        }
        assert.deepEqual(box.service.asked, Array(attempts).fill("refresh-0"));
      });
    }
  }
});

Deno.test("Refresher.ensure() says that a login is needed, also when it can't store that", async () => {
  using box = await refreshBox(-HOUR);
  const process = box.process();
  fill(process, 9);
  box.service.answers.push({ state: "refused", reason: "of the test" });
  assert.equal((await failureOf(process.ensure)).code, "login_required");
  assertAsked(box, "refresh-0");
});
