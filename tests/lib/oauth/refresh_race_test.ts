import assert from "node:assert/strict";
import type { Renewal } from "../../../lib/oauth/service.ts";
import { formatLogin } from "../../../lib/vault/login.ts";
import { adopt } from "../../../lib/vault/adopt.ts";
import { Secret } from "../../../lib/secret.ts";
import { HOUR, ID, MINUTE, type RefreshBox, refreshBox } from "../../support/refresh_box.ts";
import { gate, grantOf } from "../../support/scripted_service.ts";

/** Stores a login as a program does that knows nothing of the login's lock. */
function put(box: RefreshBox, number: number, lifetime: number): Promise<void> {
  const { login, fields } = grantOf(number, box.time + lifetime);
  return box.vault().change((draft) => draft.put("login", ID, formatLogin(login), fields));
}

const MEANWHILE: [what: string, work: (box: RefreshBox) => Promise<unknown>, token: string | undefined][] = [
  ["logs in anew", (box) => put(box, 9, HOUR), "access-9"],
  ["logs in anew, with a token that is due at once", (box) => put(box, 9, 0), "access-9"],
  ["logs out", (box) => box.logOut(), undefined],
  ["logs out and in", (box) => box.logOut().then(() => put(box, 9, MINUTE)), "access-9"],
  ["imports another login in its place", async (box) => {
    await box.logOut();
    const secret = new Secret('{"accessToken":"access-9"}');
    await adopt(box.vault(), [{ kind: "login", name: ID, secret }]);
  }, "access-9"],
  ["removes the whole vault", (box) => Deno.remove(box.home.vault), undefined],
  ["removes the vault and logs in to a new one", async (box) => {
    await Deno.remove(box.home.vault);
    await put(box, 9, HOUR);
  }, "access-9"],
];

const ANSWERS: [what: string, answer: (box: RefreshBox) => Renewal][] = [
  ["a new token", (box) => box.renewed(1)],
  ["a refusal", () => ({ state: "refused", reason: "of the test" })],
  ["a failure", () => ({ state: "failed", reason: "of the test" })],
  ["an answer that was lost", () => ({ state: "lost", reason: "of the test" })],
];

Deno.test("Refresher.ensure() overwrites and restores nothing when somebody meanwhile …", async (t) => {
  for (const [what, work, token] of MEANWHILE) {
    for (const [which, answer] of ANSWERS) {
      await t.step(`${what}, and there is ${which}`, async () => {
        using box = await refreshBox(MINUTE);
        const { ensure } = box.process();
        const { answer: held, reached, open } = gate(answer(box));
        box.service.answers.push(held);
        const running = ensure();
        await reached;
        box.time += 1;
        await work(box);
        const before = isThere(box) ? box.bytes() : undefined;
        open();
        await running;
        assert.equal(box.service.asked.length, 1);
        assert.deepEqual(isThere(box) ? box.bytes() : undefined, before);
        assert.equal(await box.token(), token);
      });
    }
  }
});

Deno.test("Refresher.replace() says whether there is a new token after somebody meanwhile …", async (t) => {
  for (const [what, work, token] of MEANWHILE) {
    await t.step(what, async () => {
      using box = await refreshBox(HOUR);
      const { replace } = box.process();
      const { answer, reached, open } = gate(box.renewed(1));
      box.service.answers.push(answer);
      const running = replace("access-0");
      await reached;
      box.time += 1;
      await work(box);
      open();
      assert.equal(await running, token !== undefined);
      assert.equal(await box.token(), token);
    });
  }
});

Deno.test("a login waits for the renewal that is running, and counts in the end", async () => {
  using box = await refreshBox(MINUTE);
  const { answer, reached, open } = gate(box.renewed(1));
  box.service.answers.push(answer);
  const seen: (string | undefined)[] = [];
  const renewing = box.process().ensure().then(async () => seen.push(await box.token()));
  await reached;
  const loggingIn = box.logIn(9, HOUR).then(async () => seen.push(await box.token()));
  assert.equal(await box.token(), "access-0");
  open();
  await Promise.all([renewing, loggingIn]);
  assert.equal(seen.at(-1), "access-9");
  assert.equal(await box.token(), "access-9");
});

function isThere({ home }: RefreshBox): boolean {
  return Deno.readDirSync(home.folder).some(({ name }) => name === "vault.json");
}
