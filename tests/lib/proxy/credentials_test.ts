import assert from "node:assert/strict";
import { type Provider, providerById } from "../../../lib/providers/table.ts";
import { Credentials } from "../../../lib/proxy/credentials.ts";
import { Secret } from "../../../lib/secret.ts";
import { type Client, clientFields, type ClientRights } from "../../../lib/vault/client.ts";
import { formatLogin } from "../../../lib/vault/login.ts";
import { settle } from "../../support/fake_clock.ts";
import { makeVaultBox, NO_RENEWAL, type VaultBox } from "../../support/proxy_box.ts";

const OPENAI = providerById("openai")!;
const MISTRAL = providerById("mistral")!;
const CODEX = providerById("openai-oauth")!;
const MINUTES = 60_000;

interface Setting extends VaultBox {
  readonly credentials: Credentials;
  putKey(provider: Provider, key: string): Promise<void>;
  putClient(name: string, token: string, rights?: Partial<ClientRights>): Promise<void>;
  /** Opens for the client `default`. */
  open(provider: Provider): Promise<string | undefined>;
}

/** A vault with one client and one key, and what the proxy holds of it. */
async function makeSetting(): Promise<Setting> {
  const box = makeVaultBox();
  const credentials = new Credentials(box.vault, NO_RENEWAL, box.clock);
  const setting: Setting = {
    ...box,
    credentials,
    putKey: (provider, key) =>
      box.elsewhere.change((draft) => draft.put("api-key", provider.id, new Secret(key))),
    async putClient(name, token, rights = {}) {
      const fields = clientFields(
        { allow: null, expiresAt: null, minting: false, ...rights },
        new Secret(token),
      );
      await box.elsewhere.change((draft) => draft.put("client", name, new Secret(token), fields));
    },
    async open(provider) {
      return (await credentials.open(provider, credentials.client("agz_token")!))?.secret.reveal();
    },
  };
  await setting.putClient("default", "agz_token");
  await setting.putKey(OPENAI, "key-1");
  return setting;
}

Deno.test("Credentials.expired() knows the clients whose time is over, and no others", async () => {
  using setting = await makeSetting();
  const expiresAt = (time: number) => new Date(setting.clock.now() + time).toISOString();
  await setting.putClient("past", "agz_past", { expiresAt: expiresAt(-1) });
  await setting.putClient("future", "agz_future", { expiresAt: expiresAt(1) });
  const named = ["agz_past", "agz_future", "agz_token", "agz_none"].map((token) => [
    setting.credentials.client(token)?.name,
    setting.credentials.expired(token)?.name,
  ]);
  assert.deepEqual(named, [[undefined, "past"], ["future", undefined], ["default", undefined], [
    undefined,
    undefined,
  ]]);
});

Deno.test("Credentials.client() knows a client by its whole token only", async (t) => {
  using setting = await makeSetting();
  assert.equal(setting.credentials.client("agz_token")?.name, "default");
  for (
    const token of ["", "agz_", "agz_toke", "agz_tokens", "AGZ_TOKEN", " agz_token", "default", "key-1", "\0"]
  ) {
    await t.step(JSON.stringify(token), () => assert.equal(setting.credentials.client(token), undefined));
  }
  await t.step("its digest", () => {
    const { digest } = setting.credentials.client("agz_token")!;
    assert.equal(setting.credentials.client(digest.toHex()), undefined);
  });
  assert.deepEqual(setting.vault.opened, []);
});

Deno.test("Credentials.client() forgets a client at the millisecond of its expiry", async () => {
  using setting = await makeSetting();
  await setting.putClient("brief", "agz_brief", {
    expiresAt: new Date(setting.clock.now() + 10).toISOString(),
  });
  assert.equal(setting.credentials.client("agz_brief")?.name, "brief");
  await setting.clock.advance(9);
  assert.equal(setting.credentials.client("agz_brief")?.name, "brief");
  await setting.clock.advance(1);
  assert.equal(setting.credentials.client("agz_brief"), undefined);
});

Deno.test("Credentials sees at its next question what another process changed", async (t) => {
  using setting = await makeSetting();
  const { credentials, elsewhere } = setting;
  await t.step("a key that was replaced", async () => {
    assert.equal(await setting.open(OPENAI), "key-1");
    await setting.putKey(OPENAI, "key-2");
    assert.equal(await setting.open(OPENAI), "key-2");
  });
  await t.step("a key that was added", async () => {
    assert.equal(credentials.has(MISTRAL), false);
    await setting.putKey(MISTRAL, "key-3");
    assert.equal(credentials.has(MISTRAL), true);
    assert.equal(await setting.open(MISTRAL), "key-3");
  });
  await t.step("a key that was removed", async () => {
    await elsewhere.change((draft) => draft.remove("api-key", "openai"));
    assert.equal(credentials.has(OPENAI), false);
    assert.equal(await setting.open(OPENAI), undefined);
  });
  await t.step("a client that was added, and one that was removed", async () => {
    await setting.putClient("second", "agz_second", { allow: ["openai"] });
    assert.deepEqual(credentials.client("agz_second")?.allow, ["openai"]);
    await elsewhere.change((draft) => draft.remove("client", "second"));
    assert.equal(credentials.client("agz_second"), undefined);
  });
  await t.step("a client that got another token", async () => {
    await setting.putClient("default", "agz_other");
    assert.equal(credentials.client("agz_token"), undefined);
    assert.equal(credentials.client("agz_other")?.name, "default");
  });
  await t.step("a vault that was removed", () => {
    const bytes = Deno.readFileSync(setting.home.vault);
    Deno.removeSync(setting.home.vault);
    assert.throws(() => credentials.client("agz_other"), { code: "not_found", message: "There is no vault" });
    assert.throws(() => credentials.has(MISTRAL), { code: "not_found" });
    Deno.writeFileSync(setting.home.vault, bytes, { mode: 0o600 });
    assert.equal(credentials.client("agz_other")?.name, "default");
  });
});

Deno.test("Credentials.has() tells an API key from a login", async () => {
  using setting = await makeSetting();
  await setting.elsewhere.change((draft) => {
    draft.put("api-key", CODEX.id, new Secret("misplaced"));
    draft.put("login", MISTRAL.id, new Secret("misplaced"));
  });
  assert.deepEqual([CODEX, MISTRAL, OPENAI].map((row) => setting.credentials.has(row)), [false, false, true]);
  await setting.elsewhere.change((draft) => draft.put("login", CODEX.id, new Secret("token")));
  assert.equal(setting.credentials.has(CODEX), true);
  assert.deepEqual(setting.vault.opened, []);
});

Deno.test("Credentials.open() gives the token of a login with its account", async () => {
  using setting = await makeSetting();
  const sealed = formatLogin({ accessToken: new Secret("token-1"), accountId: "acc-1" });
  await setting.elsewhere.change((draft) => draft.put("login", CODEX.id, sealed));
  const credential = await setting.credentials.open(CODEX, setting.credentials.client("agz_token")!);
  assert.deepEqual([credential?.secret.reveal(), credential?.accountId], ["token-1", "acc-1"]);
});

Deno.test("Credentials.open() takes a login without a token for damaged, and heals", async () => {
  using setting = await makeSetting();
  await setting.elsewhere.change((draft) => draft.put("login", CODEX.id, new Secret("token-1")));
  await assert.rejects(setting.open(CODEX), { code: "vault_damaged" });
  const sealed = formatLogin({ accessToken: new Secret("token-1") });
  await setting.elsewhere.change((draft) => draft.put("login", CODEX.id, sealed));
  assert.equal(await setting.open(CODEX), "token-1");
});

Deno.test("Credentials.open() opens the client's entry and the one that was asked for, each once", async () => {
  using setting = await makeSetting();
  await setting.putKey(MISTRAL, "key-3");
  await Promise.all([setting.open(OPENAI), setting.open(OPENAI)]);
  await setting.open(OPENAI);
  assert.deepEqual(setting.vault.opened, ["client:default", "api-key:openai"]);
});

Deno.test("Credentials.open() drops a credential five minutes after its last use, and not before", async () => {
  using setting = await makeSetting();
  const { clock, vault } = setting;
  const opens = () => vault.opened.filter((id) => id === "api-key:openai").length;
  await setting.open(OPENAI);
  await clock.advance(4 * MINUTES);
  await setting.open(OPENAI);
  await clock.advance(5 * MINUTES - 1);
  await setting.open(OPENAI);
  assert.equal(opens(), 1);
  await clock.advance(5 * MINUTES);
  assert.equal(clock.sleeping, 0);
  await setting.open(OPENAI);
  assert.equal(opens(), 2);
});

Deno.test("Credentials.open() drops an idle credential while another one is in use", async () => {
  using setting = await makeSetting();
  const { clock, vault } = setting;
  await setting.putKey(MISTRAL, "key-3");
  await setting.open(OPENAI);
  await clock.advance(1 * MINUTES);
  for (let minute = 0; minute < 5; minute++) {
    await setting.open(MISTRAL);
    await clock.advance(1 * MINUTES);
  }
  await setting.open(MISTRAL);
  await setting.open(OPENAI);
  assert.deepEqual(vault.opened, ["client:default", "api-key:openai", "api-key:mistral", "api-key:openai"]);
});

Deno.test("Credentials.open() sleeps once however much is open, and not at all when nothing is", async () => {
  using setting = await makeSetting();
  const { clock } = setting;
  assert.equal(clock.sleeping, 0);
  await setting.open(OPENAI);
  await setting.open(MISTRAL);
  await setting.open(OPENAI);
  assert.equal(clock.sleeping, 1);
  await clock.advance(11 * MINUTES);
  assert.equal(clock.sleeping, 0);
});

Deno.test("Credentials.open() tries again after a failure, so that a locked vault heals", async () => {
  using setting = await makeSetting();
  const key = Deno.readFileSync(setting.home.machineKey);
  Deno.removeSync(setting.home.machineKey);
  await assert.rejects(setting.open(OPENAI), { code: "keystore_unavailable" });
  await settle();
  Deno.writeFileSync(setting.home.machineKey, key, { mode: 0o600, createNew: true });
  assert.equal(await setting.open(OPENAI), "key-1");
});

Deno.test("Credentials.open() gives nothing to a client whose entry is gone", async () => {
  using setting = await makeSetting();
  const client: Client = setting.credentials.client("agz_token")!;
  await setting.elsewhere.change((draft) => draft.remove("client", "default"));
  setting.vault.opened.length = 0;
  await assert.rejects(setting.credentials.open(OPENAI, client), { code: "client_token_invalid" });
  assert.deepEqual(setting.vault.opened, []);
});

Deno.test("Credentials.open() gives nothing to a client whose rights were only there for a moment", async () => {
  using setting = await makeSetting();
  const file = setting.home.vault;
  const genuine = Deno.readTextFileSync(file);
  const forged = JSON.parse(genuine);
  forged.entries["client:default"].minting = true;
  Deno.writeTextFileSync(file, JSON.stringify(forged));
  const client: Client = setting.credentials.client("agz_token")!;
  assert.equal(client.minting, true);
  Deno.writeTextFileSync(file, genuine);
  await assert.rejects(setting.credentials.open(OPENAI, client), { code: "client_token_invalid" });
});
