import assert from "node:assert/strict";
import { PROVIDERS } from "../../../lib/providers/table.ts";
import { Refusal } from "../../../lib/proxy/refusal.ts";
import { commandLine } from "../../support/command_line.ts";
import { putEntry } from "../../support/command_vault.ts";
import { fakeUpstream } from "../../support/fake_upstream.ts";
import type { Sent } from "../../support/web.ts";

type Outcome = number | "broken" | "refused";

/** Answers with a status by provider, or fails. */
function answering(outcomes: Readonly<Record<string, Outcome>>) {
  return ({ url }: Sent): Response => {
    const provider = PROVIDERS.find(({ hosts }) => hosts.includes(url.hostname))!;
    const outcome = outcomes[provider.id] ?? 200;
    if (outcome === "broken") throw new Error("the message of the runtime");
    if (outcome === "refused") throw new Refusal("upstream_failed", `${url.host} could not be reached: why`);
    return new Response(provider.id === "cohere" ? '{"valid":true}' : "{}", { status: outcome });
  };
}

const OK = { openai: 200 };
const UNREACHABLE: [Outcome, string] = ["broken", "the connection broke off"];

const DOCTOR = /\nagentgazer: hint: agentgazer doctor\n$/;

const WHY = /\nagentgazer: hint: the detail of each says why\n$/;

const SET_OPENAI = /\nagentgazer: hint: agentgazer providers set openai\n$/;
const SET_MISTRAL = /\nagentgazer: hint: agentgazer providers set mistral\n$/;

/** Each provider is stored; what the answers are, and what is told. */
const ROWS: [outcomes: Record<string, Outcome>, results: string, code: number, err: RegExp, hint?: RegExp][] =
  [
    [{ openai: 200, mistral: 200 }, "valid valid", 0, /^$/],
    [
      { openai: 401, mistral: 200 },
      "rejected valid",
      3,
      /: 1 of 2 credentials is not accepted\n/,
      SET_OPENAI,
    ],
    [
      { openai: 200, mistral: 401 },
      "valid rejected",
      3,
      /: 1 of 2 credentials is not accepted\n/,
      SET_MISTRAL,
    ],
    [{ openai: 403, mistral: 200 }, "no-access valid", 3, /: 1 of 2 credentials is not accepted\n/, WHY],
    [{ openai: 402, mistral: 200 }, "no-access valid", 3, /: 1 of 2 credentials is not accepted\n/, WHY],
    [
      { openai: "broken", mistral: 200 },
      "unreachable valid",
      7,
      /: 1 of 2 credentials could not be checked\n/,
      DOCTOR,
    ],
    [
      { openai: "refused", mistral: 200 },
      "unreachable valid",
      7,
      /: 1 of 2 .* could not be checked\n/,
      DOCTOR,
    ],
    [{ openai: 429, mistral: 200 }, "unknown valid", 7, /: 1 of 2 .* could not be checked\n/, DOCTOR],
    [{ openai: 302, mistral: 200 }, "unknown valid", 7, /: 1 of 2 .* could not be checked\n/, DOCTOR],
    [{ openai: 500, mistral: 404 }, "unknown unknown", 7, /: 2 credentials could not be checked\n/, DOCTOR],
    // A rejection is the worst, wherever it stands.
    [
      { openai: 401, mistral: "broken" },
      "rejected unreachable",
      3,
      /: 1 of 2 credentials is not accepted\n/,
      SET_OPENAI,
    ],
    [
      { openai: "broken", mistral: 401 },
      "unreachable rejected",
      3,
      /: 1 of 2 credentials is not accepted\n/,
      SET_MISTRAL,
    ],
    [{ openai: 500, mistral: 403 }, "unknown no-access", 3, /: 1 of 2 credentials is not accepted\n/, WHY],
    [{ openai: 401, mistral: 401 }, "rejected rejected", 3, /: 2 credentials are not accepted\n/, SET_OPENAI],
    [
      { openai: 403, mistral: 401 },
      "no-access rejected",
      3,
      /: 2 credentials are not accepted\n/,
      SET_MISTRAL,
    ],
    [{ openai: 401 }, "rejected", 3, /: 1 credential is not accepted\n/, SET_OPENAI],
    [{ openai: 500 }, "unknown", 7, /: 1 credential could not be checked\n/, DOCTOR],
  ];

Deno.test("providers test says what each provider answered, and ends with the worst", async (t) => {
  for (const [outcomes, results, code, err, hint = /^$/] of ROWS) {
    await t.step(`${Object.values(outcomes)} is ${results}, ${code}`, async () => {
      using line = commandLine();
      for (const id of Object.keys(outcomes)) await line.run(["providers", "set", id], { stdin: ["key"] });
      const { upstream } = fakeUpstream(answering(outcomes));
      const text = await line.run(["providers", "test"], { upstream });
      assert.equal(text.out.replace(/^\w+\t([\w-]+).*\n/gm, "$1 ").trim(), results);
      assert.equal(text.code, code);
      assert.match(text.err, err);
      assert.match(text.err, hint);

      const json = await line.run(["providers", "test", "--json"], { upstream });
      const rows: { id: string; result: string }[] = JSON.parse(json.out);
      assert.deepEqual(rows.map(({ id }) => id), Object.keys(outcomes));
      assert.equal(rows.map(({ result }) => result).join(" "), results);
      assert.equal(json.code, code);
      if (code === 0) assert.equal(json.err, "");
      else {assert.equal(
          JSON.parse(json.err).error.code,
          code === 3 ? "credential_rejected" : "network_failed",
        );}
    });
  }
});

Deno.test("providers test --json is exactly the design's", async (t) => {
  const rows: [outcome: Outcome, row: Record<string, string>][] = [
    [200, { result: "valid" }],
    [401, { result: "rejected", detail: "store another one: agentgazer providers set openai" }],
    [402, { result: "no-access", detail: "no balance" }],
    [403, { result: "no-access", detail: "it may not use this service" }],
    [429, { result: "unknown", detail: "the provider answered with too many requests, or no balance" }],
    [500, { result: "unknown", detail: "the provider answered with status 500" }],
    [307, { result: "unknown", detail: "the provider answered with a redirect, which is not followed" }],
    ["refused", { result: "unreachable", detail: "api.openai.com could not be reached: why" }],
    [UNREACHABLE[0], { result: "unreachable", detail: UNREACHABLE[1] }],
  ];
  for (const [outcome, row] of rows) {
    await t.step(`${outcome}`, async () => {
      using line = commandLine();
      await line.run(["providers", "set", "openai"], { stdin: ["key"] });
      const { upstream } = fakeUpstream(answering({ openai: outcome }));
      const { out } = await line.run(["providers", "test", "--json"], { upstream });
      assert.equal(out, JSON.stringify([{ id: "openai", ...row }], null, 2) + "\n");
    });
  }
});

Deno.test("providers test sends what inject() makes of each credential, all once, in the table's order", async () => {
  using line = commandLine();
  for (const { id, auth } of PROVIDERS.toReversed()) {
    if (auth === "api-key") await line.run(["providers", "set", id, "--force"], { stdin: [`key-of-${id}`] });
    else {
      await putEntry(line, "login", id, JSON.stringify({ accessToken: `key-of-${id}`, accountId: "acc.1" }));
    }
  }
  const fake = fakeUpstream(answering(OK));
  const { code, out, err } = await line.run(["providers", "test", "--json"], fake);
  assert.deepEqual([code, err], [0, ""]);
  assert.deepEqual(JSON.parse(out), PROVIDERS.map(({ id }) => ({ id, result: "valid" })));
  const accept = { accept: "application/json" };
  const expected = PROVIDERS.map(({ id, base, check: { method, path } }) => {
    const authorization = `Bearer key-of-${id}`;
    const headers: Record<string, string> = {
      anthropic: { "x-api-key": "key-of-anthropic", "anthropic-version": "2023-06-01" },
      google: { "x-goog-api-key": "key-of-google" },
      "openai-oauth": {
        authorization,
        "chatgpt-account-id": "acc.1",
        originator: "agentgazer",
        "user-agent": "agentgazer/1.2.3",
      },
    }[id as string] ?? { authorization };
    return { method, url: new URL(path, base).href, headers: { ...accept, ...headers } };
  });
  assert.deepEqual(fake.calls.map(({ method, url, headers }) => ({ method, url, headers })), expected);
});
