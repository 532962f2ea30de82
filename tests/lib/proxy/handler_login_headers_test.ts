import assert from "node:assert/strict";
import { PROVIDERS } from "../../../lib/providers/table.ts";
import type { EntryFields } from "../../../lib/vault/envelope.ts";
import { loginFields } from "../../../lib/vault/login.ts";
import { bearer, rawRequest } from "../../support/proxy_box.ts";
import { makeRenewingBox, NEW, refuses } from "../../support/renewing_box.ts";

const EVIL = "evil-value";
const TARGET = "/openai-oauth/v1/responses";

/** Headers that name an account or a program, as a client may spell them. */
const CLAIMED: Record<string, string>[] = [
  { "chatgpt-account-id": EVIL, "x-openai-fedramp": EVIL, "originator": EVIL, "user-agent": EVIL },
  { "ChatGPT-Account-ID": EVIL, "X-OpenAI-Fedramp": EVIL, "Originator": EVIL, "User-Agent": EVIL },
  { "CHATGPT-ACCOUNT-ID": EVIL, "X-OPENAI-FEDRAMP": EVIL, "ORIGINATOR": EVIL, "USER-AGENT": EVIL },
  { "cHaTgPt-aCcOuNt-Id": EVIL, "x-OpenAI-fedRAMP": EVIL, "oRIGINATOR": EVIL, "user-Agent": EVIL },
];

/** What is sent for an account, in the names of the provider. */
const OURS = { originator: "agentgazer", "user-agent": "agentgazer/1.2.3" };

Deno.test("makeHandler() lets no client say for which account or program it calls OpenAI", async (t) => {
  for (const claimed of CLAIMED) {
    for (const account of ["acc-1", undefined]) {
      await t.step(`${Object.keys(claimed)[0]}, ${account ?? "no account"}`, async () => {
        using box = await makeRenewingBox({
          replies: [refuses(), Response.json({})],
          async replace(box, id) {
            await box.store(id, NEW, account);
            return true;
          },
        });
        await box.store("openai-oauth", "old", account);
        const headers = { ...bearer("any"), ...claimed };
        assert.equal((await box.handle(rawRequest(TARGET, { headers }))).status, 200);
        assert.equal(box.got.length, 2);
        for (const { headers } of box.got) {
          assert.ok(![...headers].flat().includes(EVIL), JSON.stringify([...headers]));
          for (const [name, value] of Object.entries(OURS)) assert.equal(headers.get(name), value);
          assert.equal(headers.get("chatgpt-account-id"), account ?? null);
          assert.equal(headers.get("x-openai-fedramp"), null);
        }
      });
    }
  }
});

Deno.test("makeHandler() names this program and the account although the client wants those headers to end here", async () => {
  using box = await makeRenewingBox({ replies: [Response.json({})] });
  await box.store("openai-oauth", "token", "acc-1");
  const connection = Object.keys(CLAIMED[0]!).join(", ");
  await box.handle(rawRequest(TARGET, { headers: { ...bearer("any"), ...CLAIMED[0], connection } }));
  for (const [name, value] of Object.entries({ ...OURS, "chatgpt-account-id": "acc-1" })) {
    assert.equal(box.got[0]!.headers.get(name), value);
  }
});

Deno.test("makeHandler() names this program even when the client names none", async () => {
  using box = await makeRenewingBox({ replies: [Response.json({})] });
  await box.handle(rawRequest(TARGET, { headers: bearer("any") }));
  for (const [name, value] of Object.entries(OURS)) assert.equal(box.got[0]!.headers.get(name), value);
});

Deno.test("makeHandler() leaves to other providers which program calls, but never the account", async (t) => {
  for (const { id } of PROVIDERS.filter((row) => row.programHeader === undefined)) {
    await t.step(id, async () => {
      using box = await makeRenewingBox({ replies: [Response.json({})] });
      const headers = { ...bearer("any"), ...CLAIMED[1], "User-Agent": "their-sdk/9" };
      const path = id === "zhipu-coding-plan" ? "chat" : "v1/models";
      assert.equal((await box.handle(rawRequest(`/${id}/${path}`, { headers }))).status, 200);
      const sent = box.got[0]!.headers;
      assert.deepEqual([sent.get("user-agent"), sent.get("originator")], ["their-sdk/9", EVIL]);
      assert.deepEqual([sent.get("chatgpt-account-id"), sent.get("x-openai-fedramp")], [null, null]);
    });
  }
});

Deno.test("makeHandler() asks where a provider is with what stands in the clear of its credential", async (t) => {
  const own = "https://api.minimax.io/own/path";
  const baseOf = ({ base }: { readonly base: string }, entry?: EntryFields) =>
    (entry?.kind === "login" ? loginFields(entry).base : undefined) ?? base;
  const rows: [what: string, fields: { base?: string }, url: string][] = [
    ["one that names a place", { base: own }, `${own}/v1/messages`],
    ["one that names none", {}, "https://api.minimax.io/anthropic/v1/messages"],
    // A mistake in the base is caught where the credential goes in.
    ["one of a host that is not the provider's", { base: "https://evil.example" }, ""],
  ];
  for (const [what, fields, url] of rows) {
    await t.step(what, async () => {
      using box = await makeRenewingBox({ replies: [Response.json({})], baseOf });
      const sealed = (await box.elsewhere.open("login", "minimax-oauth"))!;
      await box.elsewhere.change((draft) => draft.put("login", "minimax-oauth", sealed, fields));
      const answer = await box.handle(rawRequest("/minimax-oauth/v1/messages", { headers: bearer("any") }));
      assert.deepEqual(box.got.map((request) => request.url), url === "" ? [] : [url]);
      assert.equal(answer.status, url === "" ? 403 : 200);
    });
  }
});
