import assert from "node:assert/strict";
import { withLoginLock } from "../../lib/oauth/stored_login.ts";
import type { LoginFields } from "../../lib/vault/login.ts";
import { testWith } from "../support/needs.ts";
import { openedBy } from "../support/openers.ts";
import type { Running } from "../support/program.ts";
import { fails, makeHang } from "../support/vendors/faults.ts";
import { askAt, localToken } from "../support/vendors/login_proxy.ts";
import { type LoginScene, startLoginScene } from "../support/vendors/login_scene.ts";
import { DUE, homeOf, type Renewed, seed, seen } from "../support/vendors/seed.ts";

const NEEDS = ["compile", "namespace", "openssl"] as const;
const COUNT = 20;
const IDS: readonly Renewed[] = ["openai-oauth", "minimax-oauth"];

const deskOf = ({ codex, minimax }: LoginScene, id: Renewed) => id === "openai-oauth" ? codex : minimax;

/** Lets all of them come to the lock of the login, and only then go on: as many as can be at the same moment. */
async function together<T>({ box }: LoginScene, id: Renewed, begin: () => Promise<T>[]): Promise<T[]> {
  const home = homeOf(box);
  const running = await withLoginLock(home, id, async () => {
    const running = begin();
    const over = new AbortController();
    // One that does not wait would end.
    await Promise.race([openedBy(COUNT, home.refreshLock(id), over.signal), ...running]);
    over.abort();
    return running;
  });
  return await Promise.all(running);
}

/** What all of them used in the end is what is stored. */
async function assertUsed(scene: LoginScene, id: Renewed, before: string): Promise<void> {
  const { access, fields } = (await seen(scene.box, id))!;
  assert.notEqual(access, before);
  assert.ok(fields.refreshedAt !== undefined && fields.lastError === undefined);
  const host = id === "openai-oauth" ? "chatgpt.com" : "api.minimax.io";
  const calls = scene.providers.received.filter((received) => received.host === host);
  const last = calls.slice(-COUNT).map(({ headers }) => headers.get("authorization"));
  assert.deepEqual(last, Array(COUNT).fill(`Bearer ${access}`));
}

testWith(
  NEEDS,
  "20 processes that need a refresh at once ask for one, and other work does not wait",
  async (t) => {
    for (const id of IDS) {
      await t.step(id, async () => {
        await using scene = await startLoginScene();
        const { box } = scene;
        const desk = deskOf(scene, id);
        const { access } = await seed(scene, id, DUE);
        const hang = makeHang();
        desk.traps.refresh = hang.fault;
        const test = () => box.run(["providers", "test", id]);
        const all = together(scene, id, () => Array.from({ length: COUNT }, test));
        await hang.arrived;
        const set = await box.run(["providers", "set", "mistral"], {
          stdin: "some-key-of-mistral-0123456789",
        });
        const { stdout } = await box.run(["providers", "list"]);
        const { refresh } = desk.counts;
        hang.release();
        for (const { code, stderr } of await all) assert.equal(code, 0, stderr);
        assert.equal(desk.counts.refresh, 1);
        await assertUsed(scene, id, access);
        assert.equal(set.code, 0, set.stderr);
        assert.match(stdout, /^mistral\t/m);
        assert.equal(refresh, 1, "before it was answered");
      });
    }
  },
);

/** Why all of them need another token. */
const REASONS: [what: string, fields: LoginFields, invalid: boolean][] = [
  ["the vault says that it ends", DUE, false],
  ["the provider refuses it", {}, true],
  ["it ends, and the provider refuses it", DUE, true],
];

testWith(NEEDS, "20 proxies that get a request at the same moment ask for one refresh, when …", async (t) => {
  await using scene = await startLoginScene();
  const token = await localToken(scene);
  await using proxies = await startMany(scene);
  const askAll = (id: Renewed) => together(scene, id, () => proxies.urls.map((url) => askAt(url, token, id)));
  for (const id of IDS) {
    const desk = deskOf(scene, id);
    for (const [what, fields, invalid] of REASONS) {
      await t.step(`${what} (${id})`, async () => {
        const { access } = await seed(scene, id, fields);
        if (invalid) desk.invalidateAccessTokens();
        const before = desk.counts.refresh;
        const answers = await askAll(id);
        for (const answer of answers) assert.match(await answer.text(), /Hello/);
        assert.deepEqual(answers.map(({ status }) => status), Array(COUNT).fill(200));
        assert.equal(desk.counts.refresh, before + 1);
        await assertUsed(scene, id, access);
      });
    }
    await t.step(`it is refused for good, which all of them tell (${id})`, async () => {
      await seed(scene, id, DUE);
      desk.traps.refresh = fails(400, "refresh_token_reused");
      const before = desk.counts.refresh;
      for (const answer of await askAll(id)) {
        assert.equal(answer.status, 401);
        assert.match(await answer.text(), new RegExp(`used before.*agentgazer login ${id}`));
      }
      assert.equal(desk.counts.refresh, before + 1);
    });
  }
});

async function startMany({ box }: LoginScene): Promise<AsyncDisposable & { readonly urls: string[] }> {
  const all: Running[] = Array.from({ length: COUNT }, () => box.spawn(["start", "--port", "0"]));
  const urls = await Promise.all(
    all.map(async ({ shown }) => (await shown(/listens on (http:[\w.:/]+\d)\b.*\n/))[1]!),
  );
  return {
    urls,
    async [Symbol.asyncDispose]() {
      await Promise.all(all.map((one) => one[Symbol.asyncDispose]()));
    },
  };
}
