import assert from "node:assert/strict";
import { AppError } from "../../../lib/errors.ts";
import { TIMED_OUT } from "../../../lib/http/service.ts";
import { Refusal } from "../../../lib/proxy/refusal.ts";
import { bearer, credentialOf, makeProxyBox, type ProxyBox, rawRequest } from "../../support/proxy_box.ts";

const ANY = bearer("any");

/** Replaces the vault by an edited one, as a program would that writes files but has no key. */
function editVault(box: ProxyBox, edit: (entries: Record<string, Record<string, unknown>>) => void): void {
  const root = JSON.parse(Deno.readTextFileSync(box.home.vault));
  edit(root.entries);
  Deno.writeTextFileSync(box.home.vault + ".edited", JSON.stringify(root), { mode: 0o600 });
  Deno.renameSync(box.home.vault + ".edited", box.home.vault);
}

type Entries = Parameters<Parameters<typeof editVault>[1]>[0];

const ATTACKER = "agz_of-the-attacker";

const EDITS: [what: string, client: string, target: string, edit: (entries: Entries) => void][] = [
  ["more providers", "narrow", "/openai/v1/models", (entries) => entries["client:narrow"]!.allow = null],
  [
    "one more provider",
    "narrow",
    "/openai/v1/models",
    (entries) => entries["client:narrow"]!.allow = ["mistral", "openai"],
  ],
  ["minting", "any", "/openai/v1/organization/x", (entries) => entries["client:any"]!.minting = true],
  ["no expiry", "expired", "/openai/v1/models", (entries) => entries["client:expired"]!.expiresAt = null],
  [
    "an expiry",
    "any",
    "/openai/v1/models",
    (entries) => entries["client:any"]!.expiresAt = "2099-01-01T00:00:00.000Z",
  ],
  [
    "another creation time",
    "any",
    "/openai/v1/models",
    (entries) => entries["client:any"]!.createdAt = "2020-01-01T00:00:00.000Z",
  ],
  ["a field of our own", "any", "/openai/v1/models", (entries) => entries["client:any"]!.extra = true],
  ["the sealed part of another client", "narrow", "/openai/v1/models", (entries) => {
    const { nonce, data } = entries["client:any"]!;
    Object.assign(entries["client:narrow"]!, { allow: null, nonce, data });
  }],
  ["the whole entry of another client", "narrow", "/openai/v1/models", (entries) => {
    entries["client:narrow"] = { ...entries["client:any"], digest: entries["client:narrow"]!.digest };
  }],
];

Deno.test("makeHandler() calls nobody for a client whose rights were edited in the file", async (t) => {
  for (const [what, client, target, edit] of EDITS) {
    await t.step(what, async () => {
      using box = await makeProxyBox();
      editVault(box, edit);
      const answer = await box.handle(rawRequest(target, { headers: bearer(client) }));
      assert.equal(answer.status, 503);
      assert.equal((await answer.json()).error.code, "vault_unavailable");
      assert.deepEqual(box.sent, []);
      assert.deepEqual(box.vault.opened.filter((id) => !id.startsWith("client:")), []);
    });
  }
  await t.step("a token of the attacker's own", async () => {
    using box = await makeProxyBox();
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(ATTACKER)));
    editVault(box, (entries) => entries["client:any"]!.digest = digest.toHex());
    const headers = { authorization: `Bearer ${ATTACKER}` };
    assert.equal((await box.handle(rawRequest("/openai/v1/models", { headers }))).status, 503);
    assert.deepEqual(box.sent, []);
  });
  await t.step("nothing: the edit itself does no harm", async () => {
    using box = await makeProxyBox();
    editVault(box, () => {});
    assert.equal((await box.handle(rawRequest("/openai/v1/models", { headers: ANY }))).status, 200);
  });
});

Deno.test("makeHandler() serves others while one entry is damaged", async () => {
  using box = await makeProxyBox();
  editVault(box, (entries) => entries["api-key:openai"]!.data = "AAAA");
  assert.equal((await box.handle(rawRequest("/openai/v1/models", { headers: ANY }))).status, 503);
  assert.deepEqual(box.sent, []);
  assert.equal((await box.handle(rawRequest("/mistral/v1/models", { headers: ANY }))).status, 200);
});

Deno.test("makeHandler() does not send one provider's key in the place of another's", async () => {
  using box = await makeProxyBox();
  editVault(box, (entries) => entries["api-key:mistral"] = entries["api-key:openai"]!);
  assert.equal((await box.handle(rawRequest("/mistral/v1/models", { headers: ANY }))).status, 503);
  assert.deepEqual(box.sent, []);
});

Deno.test("makeHandler() answers 503 with the way out while the key of the vault is gone, and heals", async () => {
  using box = await makeProxyBox();
  const key = Deno.readFileSync(box.home.machineKey);
  Deno.removeSync(box.home.machineKey);
  const answer = await box.handle(rawRequest("/openai/v1/models", { headers: ANY }));
  assert.equal(answer.status, 503);
  assert.match((await answer.json()).error.message, /machine\.key is missing\. Hint: put the file back/);
  assert.deepEqual(box.sent, []);
  Deno.writeFileSync(box.home.machineKey, key, { mode: 0o600 });
  assert.equal((await box.handle(rawRequest("/openai/v1/models", { headers: ANY }))).status, 200);
});

Deno.test("makeHandler() answers 503 to everything but health when the vault can't be read", async () => {
  using box = await makeProxyBox();
  Deno.writeTextFileSync(box.home.vault, "{");
  assert.equal((await box.handle(rawRequest("/openai/v1/models", { headers: ANY }))).status, 503);
  assert.equal((await box.handle(rawRequest("/health"))).status, 200);
  assert.deepEqual(box.sent, []);
});

Deno.test("makeHandler() gives its errors the shape that the provider's SDK expects", async (t) => {
  using box = await makeProxyBox();
  const rows: [target: string, headers: Record<string, string>, shape: "openai" | "anthropic" | "google"][] =
    [
      ["/openai/v1/models", {}, "openai"],
      ["/mistral/v1/models", {}, "openai"],
      ["/anthropic/v1/messages", {}, "anthropic"],
      ["/agents/a/anthropic/v1/messages", {}, "anthropic"],
      ["/minimax-oauth/v1/messages", {}, "anthropic"],
      ["/anthropic/v1/organizations", ANY, "anthropic"],
      ["/google/v1beta/models", {}, "google"],
      ["/google/v1beta/auth_tokens", ANY, "google"],
      ["/", { ...ANY, "x-target-url": "https://api.anthropic.com/v1/organizations" }, "anthropic"],
      ["/", { ...ANY, "x-target-url": "https://generativelanguage.googleapis.com/v1/auth_tokens" }, "google"],
      ["/nowhere", ANY, "openai"],
    ];
  for (const [target, headers, shape] of rows) {
    await t.step(`${target} ${JSON.stringify(headers)}`, async () => {
      const answer = await box.handle(rawRequest(target, { headers }));
      assert.equal(answer.headers.get("content-type"), "application/json");
      const body = await answer.json();
      assert.match(body.error.message, /^agentgazer: /);
      if (shape === "openai") assert.deepEqual(Object.keys(body.error), ["message", "type", "code"]);
      else if (shape === "anthropic") {
        assert.deepEqual([body.type, typeof body.error.type], ["error", "string"]);
      } else assert.deepEqual([body.error.code, typeof body.error.status], [answer.status, "string"]);
    });
  }
});

const FAILURES: [what: string, error: unknown, status: number, logged: RegExp][] = [
  [
    "a provider out of reach",
    new Refusal("upstream_failed", "api.openai.com could not be reached"),
    502,
    /^$/,
  ],
  ["a provider that is slow", new Refusal("upstream_timeout", "too late"), 504, /^$/],
  ["an error of our own", new AppError("keystore_unavailable", "Cannot open it"), 503, /^$/],
  ["a bug", new TypeError(`bad ${credentialOf("openai")}`), 500, /^error: bug: TypeError\n/],
  ["a thrown text", credentialOf("openai"), 500, /^error: bug: a thrown string$/],
];

Deno.test("makeHandler() answers when the upstream throws, and shows no credential", async (t) => {
  for (const [what, error, status, logged] of FAILURES) {
    await t.step(what, async () => {
      using box = await makeProxyBox({ upstream: () => Promise.reject(error) });
      const answer = await box.handle(rawRequest("/openai/v1/models", { headers: ANY }));
      assert.equal(answer.status, status);
      assert.ok(!(await answer.text()).includes(credentialOf("openai")));
      assert.match(box.events.join(), logged);
      assert.ok(!box.events.join().includes(credentialOf("openai")));
      assert.deepEqual(box.lines.map((line) => line.status), [status]);
    });
  }
});

Deno.test("makeHandler() logs that the client is gone when the upstream fails because of that", async () => {
  const controller = new AbortController();
  using box = await makeProxyBox({
    upstream() {
      controller.abort();
      return Promise.reject(new Refusal("upstream_failed", "The client went away"));
    },
  });
  await box.handle(rawRequest("/openai/v1/models", { headers: ANY, signal: controller.signal }));
  assert.deepEqual(box.lines.map((line) => line.error), ["client_gone"]);
});

Deno.test("makeHandler() answers a request that took too long, and does not call its client gone", async () => {
  const controller = new AbortController();
  using box = await makeProxyBox({
    upstream() {
      controller.abort(TIMED_OUT);
      return Promise.reject(new Refusal("upstream_failed", "The client went away"));
    },
  });
  const request = rawRequest("/openai/v1/models", { headers: ANY, signal: controller.signal });
  assert.equal((await box.handle(request)).status, 408);
  assert.deepEqual(box.lines.map((line) => line.error), ["request_timeout"]);
});
