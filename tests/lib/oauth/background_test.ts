import assert from "node:assert/strict";
import { AppError } from "../../../lib/errors.ts";
import { keepFresh } from "../../../lib/oauth/background.ts";
import type { Refresher } from "../../../lib/oauth/refresh.ts";
import {
  assertAsked,
  HOUR,
  ID,
  MINUTE,
  type Process,
  type RefreshBox,
  refreshBox,
} from "../../support/refresh_box.ts";
import { beside, namesIn } from "../../support/vault_box.ts";

/** Looks at the logins so often, then stops. Before each look `onPause` is called; gives the pauses. */
async function look(
  box: RefreshBox,
  { vault }: Process,
  refresher: Pick<Refresher, "ensure">,
  times: number,
  onPause: (look: number) => unknown = () => {},
  byte = 0,
): Promise<number[]> {
  const stop = new AbortController();
  const pauses: number[] = [];
  const system = {
    random: (length: number) => new Uint8Array(length).fill(byte),
    async sleep(milliseconds: number) {
      if (pauses.length === times) return stop.abort();
      pauses.push(milliseconds);
      box.time += milliseconds;
      await onPause(pauses.length);
    },
  };
  await keepFresh(refresher as Refresher, vault, system, stop.signal);
  return pauses;
}

Deno.test("keepFresh() renews a login before its end, and no sooner", async () => {
  using box = await refreshBox(6 * MINUTE);
  const process = box.process();
  const asked: number[] = [];
  await look(box, process, process.refresher, 5, () => {
    asked.push(box.service.asked.length);
    box.service.answers.splice(0, 1, box.renewed(1));
  });
  assert.deepEqual(asked, [0, 0, 0, 1, 1]);
  assert.equal(await box.token(), "access-1");
});

Deno.test("keepFresh() looks every 20 to 40 seconds, as chance has it", async (t) => {
  for (const [byte, pause] of [[0, 20_000], [128, 30_000], [255, 39_921.875]] as const) {
    await t.step(`${byte}`, async () => {
      using box = await refreshBox(HOUR);
      const process = box.process();
      assert.deepEqual(await look(box, process, process.refresher, 3, () => {}, byte), Array(3).fill(pause));
    });
  }
});

Deno.test("keepFresh() does nothing once it is stopped", async (t) => {
  using box = await refreshBox(-HOUR);
  const { refresher, vault } = box.process();
  await t.step("before it begins", async () => {
    const unreachable = () => {
      throw new Error("it must not sleep");
    };
    await keepFresh(refresher, vault, { sleep: unreachable, random: unreachable }, AbortSignal.abort());
  });
  await t.step("while it sleeps", async () => void await look(box, box.process(), refresher, 0));
  assertAsked(box);
});

const TROUBLES: [what: string, work: (box: RefreshBox, by: Process) => unknown][] = [
  ["the vault is damaged", ({ write }) => write(new Uint8Array(9))],
  ["the vault is a link", ({ home }) => {
    Deno.renameSync(home.vault, beside(home, "elsewhere.json"));
    Deno.symlinkSync("elsewhere.json", home.vault);
  }],
  ["the login is damaged", ({ tamper }) => tamper((entries) => entries.set(`login:${ID}`, 5))],
  ["the key can't be had", (_, { vault }) => {
    vault.trouble = new AppError("keystore_unavailable", "locked");
  }],
  ["the token can't be stored", (_, { vault }) => {
    vault.changes.push(...Array(5).fill(new AppError("vault_unavailable", "full")));
  }],
  ["the login was refused", ({ service }) => {
    service.answers.splice(0, 1, { state: "refused", reason: "of the test" });
  }],
  ["the lock is a link", ({ home }) => {
    Deno.removeSync(home.refreshLock(ID));
    Deno.symlinkSync("nowhere", home.refreshLock(ID));
  }],
];

Deno.test("keepFresh() goes on, whatever happens to the vault: it looks again, also when …", async (t) => {
  for (const [what, work] of TROUBLES) {
    await t.step(what, async () => {
      using box = await refreshBox(-HOUR);
      const process = box.process();
      const saved = box.bytes();
      box.service.answers.push(box.renewed(1));
      const pauses = await look(box, process, process.refresher, 3, async (time) => {
        if (time === 1) await work(box, process);
        if (time !== 2) return;
        assert.deepEqual(
          [await box.token().catch(() => "damaged")].filter((token) => token === "access-1"),
          [],
        );
        process.vault.trouble = undefined;
        Deno.removeSync(box.home.vault);
        Deno.writeFileSync(box.home.vault, saved, { mode: 0o600 });
        Deno.removeSync(box.home.refreshLock(ID));
        box.service.answers.splice(0, 1, box.renewed(1));
      });
      assert.equal(pauses.length, 3);
      assert.equal(await box.token(), "access-1");
    });
  }
});

Deno.test("keepFresh() looks at each login, whatever becomes of the others", async () => {
  using box = await refreshBox(MINUTE);
  await box.put("login", "minimax-oauth", "{}");
  await box.put("login", "zhipu-coding-plan", "{}");
  await box.put("api-key", "openai", "sk-1");
  box.tamper((entries) => entries.set("login:damaged", 5));
  const seen: string[] = [];
  const ensure = async (id: string) => {
    seen.push(id);
    if (id !== ID) throw new AppError("login_required", "of the test");
    // Whoever does not wait for this goes on before the next turn.
    await new Promise((resolve) => setTimeout(resolve));
    seen.push("done");
  };
  await look(box, box.process(), { ensure }, 2, () => seen.push("pause"));
  const each = ["pause", "minimax-oauth", ID, "zhipu-coding-plan", "done"];
  assert.deepEqual(seen, [...each, ...each]);
});

Deno.test("keepFresh() makes no file of a login's name that is none of its services", async () => {
  using box = await refreshBox(HOUR);
  const soon = new Date(box.time).toISOString();
  for (const name of ["../evil", "/tmp/evil", "__proto__", "constructor", "", "a\nb", "x".repeat(300)]) {
    await box.put("login", name, '{"accessToken":"a"}', { expiresAt: soon, renewable: true });
  }
  const process = box.process();
  const before = [namesIn(box.home.folder), namesIn(beside(box.home, ".."))];
  await look(box, process, process.refresher, 2);
  assert.deepEqual([namesIn(box.home.folder), namesIn(beside(box.home, ".."))], before);
  assert.deepEqual(process.told, []);
});

Deno.test("keepFresh() does not hide a defect", async () => {
  using box = await refreshBox(MINUTE);
  const ensure = () => Promise.reject(new RangeError("of the test"));
  await assert.rejects(look(box, box.process(), { ensure }, 2), RangeError);
});
