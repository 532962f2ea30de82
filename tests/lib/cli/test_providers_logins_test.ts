import assert from "node:assert/strict";
import type { Json } from "../../../lib/vault/keystore.ts";
import { commandLine } from "../../support/command_line.ts";
import { putEntry } from "../../support/command_vault.ts";
import { type LoginCall, loginServer, unresolved } from "../../support/login_server.ts";
import { stored } from "../../support/stored.ts";
import {
  denies,
  GOOD,
  inMinutes,
  KEPT,
  OVER,
  renews,
  taking,
  testLogins,
  tokensIn,
} from "../../support/tested_logins.ts";

const ID = "openai-oauth";
const LOGIN = `agentgazer login ${ID}`;
const DUE = { expiresAt: inMinutes(1), renewable: true };
const LAST = { at: inMinutes(-60), message: "it was refused", permanent: true, count: 1 };

const fails = () => new Response("", { status: 500 });

interface Row {
  readonly what: string;
  readonly fields: Record<string, Json>;
  /** How the login server answers. */
  readonly server: (call: LoginCall) => Response | Promise<Response>;
  /** The tokens that the provider takes. */
  readonly good: readonly string[];
  /** The tokens that the provider is asked about, and how often the login server is asked. */
  readonly asked: readonly string[];
  readonly refreshes: number;
  readonly code: number;
  readonly result: string;
  readonly detail?: string;
}

const ROWS: Row[] = [
  {
    what: "is good",
    fields: GOOD,
    server: renews,
    good: ["access-0"],
    asked: ["access-0"],
    refreshes: 0,
    code: 0,
    result: "valid",
  },
  {
    what: "ends soon",
    fields: DUE,
    server: renews,
    good: ["access-1"],
    asked: ["access-1"],
    refreshes: 1,
    code: 0,
    result: "valid",
  },
  {
    what: "has ended",
    fields: OVER,
    server: renews,
    good: ["access-1"],
    asked: ["access-1"],
    refreshes: 1,
    code: 0,
    result: "valid",
  },
  {
    what: "ends soon and can't be renewed now",
    fields: DUE,
    server: fails,
    good: ["access-0"],
    asked: ["access-0"],
    refreshes: 1,
    code: 0,
    result: "valid",
  },
  {
    what: "ends soon, while the server can't be reached",
    fields: DUE,
    server: unresolved,
    good: ["access-0"],
    asked: ["access-0"],
    refreshes: 1,
    code: 0,
    result: "valid",
  },
  {
    what: "has ended, and can't be renewed any more",
    fields: OVER,
    server: denies,
    good: [],
    asked: [],
    refreshes: 1,
    code: 3,
    result: "rejected",
    detail: `The login of ${ID} can't be renewed: the login is no longer valid: ${LOGIN}`,
  },
  {
    what: "has ended, and was refused before",
    fields: { ...OVER, lastError: LAST },
    server: renews,
    good: [],
    asked: [],
    refreshes: 0,
    code: 3,
    result: "rejected",
    detail: `The login of ${ID} can't be renewed: it was refused: ${LOGIN}`,
  },
  {
    what: "has ended, and never could be renewed",
    fields: { expiresAt: inMinutes(-1) },
    server: renews,
    good: [],
    asked: [],
    refreshes: 0,
    code: 3,
    result: "rejected",
    detail: `The login of ${ID} has ended: ${LOGIN}`,
  },
  {
    what: "has ended, while the server can't be reached",
    fields: OVER,
    server: unresolved,
    good: [],
    asked: [],
    refreshes: 1,
    code: 7,
    result: "unreachable",
    detail: `The token of ${ID} could not be renewed: the name auth.openai.com could not be resolved`,
  },
  {
    what: "is rejected, and renewed",
    fields: GOOD,
    server: renews,
    good: ["access-1"],
    asked: ["access-0", "access-1"],
    refreshes: 1,
    code: 0,
    result: "valid",
  },
  {
    what: "is rejected, renewed, and rejected once more",
    fields: GOOD,
    server: renews,
    good: [],
    asked: ["access-0", "access-1"],
    refreshes: 1,
    code: 3,
    result: "rejected",
    detail: `store another one: ${LOGIN}`,
  },
  {
    what: "is rejected right after it was renewed",
    fields: DUE,
    server: renews,
    good: [],
    asked: ["access-1", "access-2"],
    refreshes: 2,
    code: 3,
    result: "rejected",
    detail: `store another one: ${LOGIN}`,
  },
  {
    what: "is rejected, and can't be renewed any more",
    fields: GOOD,
    server: denies,
    good: [],
    asked: ["access-0"],
    refreshes: 1,
    code: 3,
    result: "rejected",
    detail: `The login of ${ID} can't be renewed: the login is no longer valid: ${LOGIN}`,
  },
  {
    what: "is rejected, while the server can't be reached",
    fields: GOOD,
    server: unresolved,
    good: [],
    asked: ["access-0"],
    refreshes: 1,
    code: 7,
    result: "unreachable",
    detail: `The token of ${ID} could not be renewed: the name auth.openai.com could not be resolved`,
  },
  {
    what: "is rejected, and never could be renewed",
    fields: { expiresAt: inMinutes(60) },
    server: renews,
    good: [],
    asked: ["access-0"],
    refreshes: 0,
    code: 3,
    result: "rejected",
    detail: `store another one: ${LOGIN}`,
  },
];

Deno.test("providers test renews a login before it asks, and when it is rejected", async (t) => {
  for (const { what, fields, server, good, asked, refreshes, code, result, detail } of ROWS) {
    await t.step(`that ${what}`, async () => {
      using line = commandLine();
      await putEntry(line, "login", ID, JSON.stringify(KEPT), fields);
      const [provider, logins] = [taking(good), loginServer(server)];
      const tested = await testLogins(line, provider, logins);
      assert.deepEqual(tested.rows, [{ id: ID, result, ...detail !== undefined && { detail } }]);
      assert.deepEqual([tested.code, tokensIn(provider), logins.calls.length], [code, asked, refreshes]);
      for (const { url } of logins.calls) assert.equal(url, "https://auth.openai.com/oauth/token");
      const kept = JSON.parse((await stored(line.home, "login", ID))!);
      assert.equal(kept.refreshToken, `refresh-${server === renews ? refreshes : 0}`);
      for (const { headers } of provider.calls) assert.equal(headers["chatgpt-account-id"], "acc-0");
    });
  }
});
