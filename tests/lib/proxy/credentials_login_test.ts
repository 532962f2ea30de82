import assert from "node:assert/strict";
import { AppError, type ErrorCode } from "../../../lib/errors.ts";
import { type Provider, providerById } from "../../../lib/providers/table.ts";
import { Credentials, type Renewal } from "../../../lib/proxy/credentials.ts";
import type { Credential } from "../../../lib/proxy/inject.ts";
import { Secret } from "../../../lib/secret.ts";
import { clientFields } from "../../../lib/vault/client.ts";
import { formatLogin, type LoginFields } from "../../../lib/vault/login.ts";
import { makeVaultBox, NO_RENEWAL, type VaultBox } from "../../support/proxy_box.ts";

const OPENAI = providerById("openai")!;
const CODEX = providerById("openai-oauth")!;
const ZHIPU = providerById("zhipu-coding-plan")!;

interface Setting extends VaultBox {
  readonly credentials: Credentials;
  putLogin(provider: Provider, token: string, fields?: LoginFields): Promise<void>;
  open(provider: Provider): Promise<string | undefined>;
  /** Asks for another one in place of this token. */
  openAnother(provider: Provider, refused: string): Promise<string | undefined>;
}

/** A vault with a client and no login, and what the proxy holds of it. */
async function makeSetting(renewal: (setting: Setting) => Partial<Renewal>): Promise<Setting> {
  const box = makeVaultBox();
  const token = new Secret("agz_token");
  await box.elsewhere.change((draft) =>
    draft.put(
      "client",
      "default",
      token,
      clientFields({ allow: null, expiresAt: null, minting: false }, token),
    )
  );
  const client = () => setting.credentials.client("agz_token")!;
  const lazy: Renewal = {
    ensure: (...given) => (renewal(setting).ensure ?? NO_RENEWAL.ensure)(...given),
    replace: (...given) => (renewal(setting).replace ?? NO_RENEWAL.replace)(...given),
  };
  const setting: Setting = {
    ...box,
    credentials: new Credentials(box.vault, lazy, box.clock),
    async putLogin(provider, token, fields = {}) {
      const sealed = formatLogin({ accessToken: new Secret(token) });
      await box.elsewhere.change((draft) => draft.put("login", provider.id, sealed, fields));
    },
    open: async (provider) => revealed(await setting.credentials.open(provider, client())),
    openAnother: async (provider, refused) =>
      revealed(await setting.credentials.openAnother(provider, client(), { secret: new Secret(refused) })),
  };
  return setting;
}

function revealed(credential: Credential | undefined): string | undefined {
  return credential?.secret.reveal();
}

Deno.test("Credentials.entryOf() gives what stands in the clear, and opens nothing", async () => {
  using setting = await makeSetting(() => ({}));
  const { credentials, elsewhere, vault } = setting;
  assert.equal(credentials.entryOf(CODEX), undefined);
  await setting.putLogin(CODEX, "token", { account: "ada", base: "https://chatgpt.com/x" });
  const { kind, account, base } = credentials.entryOf(CODEX)!;
  assert.deepEqual([kind, account, base], ["login", "ada", "https://chatgpt.com/x"]);
  await setting.putLogin(CODEX, "token", { account: "bob" });
  assert.deepEqual([credentials.entryOf(CODEX)!.account, credentials.entryOf(CODEX)!.base], [
    "bob",
    undefined,
  ]);
  await elsewhere.change((draft) => {
    draft.put("api-key", OPENAI.id, new Secret("key"));
    // Of the wrong kind for their provider.
    draft.put("api-key", ZHIPU.id, new Secret("key"));
    draft.remove("login", CODEX.id);
    draft.put("login", "mistral", new Secret("x"));
  });
  assert.equal(credentials.entryOf(OPENAI)?.kind, "api-key");
  for (const id of ["zhipu-coding-plan", "openai-oauth", "mistral"]) {
    assert.equal(credentials.entryOf(providerById(id)!), undefined, id);
  }
  assert.deepEqual(vault.opened, []);
});

Deno.test("Credentials.open() renews a login before it opens it, and an API key never", async () => {
  const asked: unknown[] = [];
  using setting = await makeSetting(({ putLogin, vault }) => ({
    async ensure(id, { account }) {
      asked.push([id, account, [...vault.opened]]);
      await putLogin(CODEX, "token-2");
    },
  }));
  await setting.putLogin(CODEX, "token-1", { account: "ada" });
  await setting.elsewhere.change((draft) => draft.put("api-key", OPENAI.id, new Secret("key")));
  assert.equal(await setting.open(CODEX), "token-2");
  assert.deepEqual(asked, [["openai-oauth", "ada", []]]);
  assert.equal(await setting.open(OPENAI), "key");
  assert.equal(asked.length, 1);
});

Deno.test("Credentials.open() gives nothing when the login was ended while it was renewed", async () => {
  using setting = await makeSetting(({ elsewhere }) => ({
    ensure: () => elsewhere.change((draft) => void draft.remove("login", CODEX.id)),
  }));
  await setting.putLogin(CODEX, "token-1");
  assert.equal(await setting.open(CODEX), undefined);
});

Deno.test("Credentials.open() opens no token that can't be used", async (t) => {
  for (const code of ["login_required", "network_failed", "keystore_unavailable"] as const) {
    await t.step(code, async () => {
      using setting = await makeSetting(() => ({ ensure: () => Promise.reject(new AppError(code, "x")) }));
      await setting.putLogin(CODEX, "token-1");
      await assert.rejects(setting.open(CODEX), { code });
      assert.deepEqual(setting.vault.opened, []);
    });
  }
});

Deno.test("Credentials.openAnother() opens what the renewal stored, and asks it about the refused one", async () => {
  const asked: string[] = [];
  using setting = await makeSetting(({ putLogin }) => ({
    async replace(id, refused) {
      asked.push(`${id} ${refused.reveal()}`);
      await putLogin(CODEX, "token-2");
      return true;
    },
  }));
  await setting.putLogin(CODEX, "token-1");
  await setting.open(CODEX);
  assert.equal(await setting.openAnother(CODEX, "token-1"), "token-2");
  assert.deepEqual(asked, ["openai-oauth token-1"]);
});

const FAILED: [code: ErrorCode, isTold: boolean][] = [
  ["login_required", true],
  ["network_failed", false],
  ["keystore_unavailable", false],
  ["key_mismatch", false],
  ["vault_unavailable", false],
  ["vault_damaged", false],
  ["refused", false],
];

Deno.test("Credentials.openAnother() tells only that a login is needed", async (t) => {
  for (const [code, isTold] of FAILED) {
    const fail = () => Promise.reject(new AppError(code, "x"));
    const renewals: Record<string, Partial<Renewal>> = {
      replace: { replace: fail },
      ensure: { ensure: fail },
    };
    for (const [where, renewal] of Object.entries(renewals)) {
      await t.step(`${code} in ${where}`, async () => {
        using setting = await makeSetting(() => ({ replace: () => Promise.resolve(true), ...renewal }));
        await setting.putLogin(CODEX, "token-1");
        const opened = setting.openAnother(CODEX, "token-1");
        if (isTold) await assert.rejects(opened, { code });
        else assert.equal(await opened, undefined);
      });
    }
  }
  await t.step("and bugs", async () => {
    using setting = await makeSetting(() => ({ replace: () => Promise.reject(new TypeError("bug")) }));
    await assert.rejects(setting.openAnother(CODEX, "token-1"), TypeError);
  });
});

Deno.test("Credentials.openAnother() gives nothing when there is none, or none any more", async () => {
  using none = await makeSetting(() => ({ replace: () => Promise.resolve(false) }));
  await none.putLogin(CODEX, "token-1");
  assert.equal(await none.openAnother(CODEX, "token-1"), undefined);
  assert.deepEqual(none.vault.opened, []);
  using gone = await makeSetting(() => ({ replace: () => Promise.resolve(true) }));
  assert.equal(await gone.openAnother(CODEX, "token-1"), undefined);
});
