import assert from "node:assert/strict";
import type { Json } from "../../../lib/vault/keystore.ts";
import { assertNoCanary, CANARY } from "../../support/canary.ts";
import type { CommandLine, CommandOptions } from "../../support/command_line.ts";
import { damageEntry, tamper } from "../../support/command_vault.ts";
import { assertGone, ID, KEPT, loggedIn, names } from "../../support/logged_in.ts";
import { loginServer, unresolved } from "../../support/login_server.ts";

const confirms = () => new Response();

Deno.test("logout removes the tokens, and revokes the refresh token", async () => {
  using line = await loggedIn();
  const logins = loginServer(confirms);
  const { code, out, err } = await line.run(["logout", ID], logins);
  assert.deepEqual([code, out], [0, ""]);
  assert.equal(err, "agentgazer: logged out of OpenAI Codex: its tokens are removed from the vault\n");
  const [{ url, fields }, ...more] = logins.calls as [(typeof logins.calls)[0]];
  assert.deepEqual([url, more], ["https://auth.openai.com/oauth/revoke", []]);
  const { token, token_type_hint, client_id } = fields;
  assert.deepEqual([token, token_type_hint], [`r-${CANARY}`, "refresh_token"]);
  assert.equal(client_id, "app_EMoamEEZ73f0CkXaXp7hrann");
  await assertGone(line);
});

Deno.test("logout revokes the access token where there is no other", async () => {
  using line = await loggedIn(ID, '{"accessToken":"access-0"}');
  const logins = loginServer(confirms);
  assert.equal((await line.run(["logout", ID], logins)).code, 0);
  const { token, token_type_hint } = logins.calls[0]!.fields;
  assert.deepEqual([token, token_type_hint], ["access-0", "access_token"]);
});

const late: CommandOptions["sleep"] = (ms) => ms === 15_000 ? Promise.resolve() : new Promise(() => {});

const UNCONFIRMED: [what: string, options: CommandOptions, reason: RegExp][] = [
  ["the service answers with an error", loginServer(() => new Response("", { status: 500 })), /status 500/],
  [
    "the service does not know the token",
    loginServer(() => Response.json({ error: "invalid_grant" }, { status: 400 })),
    /no longer valid/,
  ],
  [
    "the service sends a page",
    loginServer(() => new Response("<html>", { status: 403 })),
    /a page, as a firewall does/,
  ],
  [
    "the service redirects",
    loginServer(() => new Response(null, { status: 307 })),
    /redirect, which is not followed/,
  ],
  ["the service repeats the token", loginServer(() => new Response(KEPT, { status: 400 })), /status 400/],
  ["the service can't be reached", { fetch: unresolved }, /could not be resolved/],
  ["the connection breaks", { fetch: () => Promise.reject(new TypeError(CANARY)) }, /broke off/],
  ["the service never answers", { fetch: () => new Promise(() => {}), sleep: late }, /within 15 seconds/],
];

Deno.test("logout removes the tokens all the same, and says what could not be confirmed", async (t) => {
  for (const [what, options, reason] of UNCONFIRMED) {
    await t.step(what, async () => {
      using line = await loggedIn();
      const { code, err } = await line.run(["logout", ID], options);
      assert.equal(code, 0, err);
      assert.match(
        err,
        /^agentgazer: logged out of OpenAI Codex: .*\nagentgazer: it could not be confirmed that .*\nagentgazer: hint: end it on its site.*\n$/,
      );
      assert.match(err, reason);
      assertNoCanary(err, "stderr");
      await assertGone(line);
    });
  }
});

Deno.test("logout removes the tokens before it asks the service", async () => {
  using line = await loggedIn();
  const seen: string[][] = [];
  await line.run(
    ["logout", ID],
    loginServer(() => {
      seen.push(names(line));
      return confirms();
    }),
  );
  assert.deepEqual(seen, [["api-key:yi"]]);
});

const OTHERS: [id: string, fields: Record<string, Json>, err: RegExp][] = [
  [
    "minimax-oauth",
    {},
    /has no way to end a login from here: its tokens stay valid until they end\nagentgazer: hint: end it on its site\n$/,
  ],
  [
    "zhipu-coding-plan",
    { region: "global" },
    /the key itself is still valid\nagentgazer: hint: delete it on https:\/\/z\.ai\/manage-apikey\/apikey-list\n$/,
  ],
  [
    "zhipu-coding-plan",
    { region: "cn" },
    /hint: delete it on https:\/\/bigmodel\.cn\/usercenter\/proj-mgmt\/apikeys\n$/,
  ],
  ["zhipu-coding-plan", {}, /hint: delete it on https:\/\/z\.ai\S+ or https:\/\/bigmodel\.cn\S+\n$/],
  [
    "zhipu-coding-plan",
    { region: "toString" },
    /hint: delete it on https:\/\/z\.ai\S+ or https:\/\/bigmodel\.cn\S+\n$/,
  ],
];

Deno.test("logout says what is left to do where nothing can be revoked", async (t) => {
  for (const [id, fields, says] of OTHERS) {
    await t.step(`${id} ${JSON.stringify(fields)}`, async () => {
      using line = await loggedIn(id, KEPT, fields);
      const { code, err } = await line.run(["logout", id]);
      assert.equal(code, 0, err);
      assert.match(err, says);
      assertNoCanary(err, "stderr");
      await assertGone(line);
    });
  }
});

Deno.test("logout removes a damaged login, and says that it may go on at the service", async (t) => {
  const damages: [what: string, text: string, damage: (line: CommandLine, id: string) => void][] = [
    ["its sealed part", KEPT, (line, id) => damageEntry(line, `login:${id}`)],
    [
      "its clear part",
      KEPT,
      (line, id) => tamper(line, (entries) => void entries.set(`login:${id}`, { kind: "login" })),
    ],
    ["its tokens", `{"accessToken":""}`, () => {}],
  ];
  for (const [what, text, damage] of damages) {
    for (
      const [id, says] of [[ID, /its entry was damaged\n/], [
        "zhipu-coding-plan",
        /is still valid\n/,
      ]] as const
    ) {
      await t.step(`${what}, ${id}`, async () => {
        using line = await loggedIn(id, text, { account: "ada" });
        damage(line, id);
        // The stand-in of the network fails the test when it is called.
        const { code, err } = await line.run(["logout", id]);
        assert.equal(code, 0, err);
        assert.match(err, says);
        await assertGone(line);
      });
    }
  }
});
