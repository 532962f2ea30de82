import assert from "node:assert/strict";
import type { Grant } from "../../../../lib/oauth/service.ts";
import { isRefusal, minimaxGrant, ownBase } from "../../../../lib/oauth/services/minimax.ts";
import { Secret } from "../../../../lib/secret.ts";
import { openGrant, storedGrant } from "../../../support/fake_login.ts";

const NOW = Date.UTC(2027, 0, 2, 3, 4, 5);
const HOUR = 3_600_000;

/** A time so many milliseconds from now, as it is stored. */
const at = (milliseconds: number) => new Date(NOW + milliseconds).toISOString();

const GLOBAL = "https://api.minimax.io/anthropic";
const CN = "https://api.minimaxi.com/anthropic";

const BEFORE: Grant = {
  login: { accessToken: new Secret("old"), refreshToken: new Secret("old-refresh") },
  fields: { expiresAt: at(-HOUR), renewable: true, region: "global", base: GLOBAL },
};

/** What comes of an answer without an expiry: 15 minutes. */
const RENEWED = {
  access: "a",
  refresh: "old-refresh",
  expiresAt: at(HOUR / 4),
  renewable: true,
  region: "global",
  base: GLOBAL,
};
const { base: _, ...BASELESS } = RENEWED;

const GRANTS: [what: string, fields: Record<string, unknown>, grant: Record<string, unknown>][] = [
  ["a token alone", { access_token: "a" }, RENEWED],
  ["a status", { access_token: "a", status: "success" }, RENEWED],
  ["base_resp without an error", { access_token: "a", base_resp: { status_code: 0 } }, RENEWED],
  ["base_resp without a code", { access_token: "a", base_resp: {} }, RENEWED],
  ["null as base_resp", { access_token: "a", base_resp: null }, RENEWED],
  ["a refresh token", { access_token: "a", refresh_token: "r" }, { ...RENEWED, refresh: "r" }],
  ["an empty refresh token", { access_token: "a", refresh_token: "" }, RENEWED],
  ["null as refresh token", { access_token: "a", refresh_token: null }, RENEWED],
  ["a refresh token on two lines", { access_token: "a", refresh_token: "r\nr" }, RENEWED],
  ["a lifetime", { access_token: "a", expired_in: 3600 }, { ...RENEWED, expiresAt: at(HOUR) }],
  ["an end in seconds", { access_token: "a", expired_in: (NOW + HOUR) / 1000 }, {
    ...RENEWED,
    expiresAt: at(HOUR),
  }],
  ["an end in ms", { access_token: "a", expired_in: NOW + HOUR }, { ...RENEWED, expiresAt: at(HOUR) }],
  ["a lifetime as a text", { access_token: "a", expired_in: "3600" }, { ...RENEWED, expiresAt: at(HOUR) }],
  ["a lifetime of zero", { access_token: "a", expired_in: 0 }, RENEWED],
  ["a negative lifetime", { access_token: "a", expired_in: -1 }, RENEWED],
  ["an endless lifetime", { access_token: "a", expired_in: 1e300 }, RENEWED],
  ["an end after the year 9999", { access_token: "a", expired_in: 1e15 }, RENEWED],
  ["a lifetime that is none", { access_token: "a", expired_in: {} }, RENEWED],
  ["its own address", { access_token: "a", resource_url: `${GLOBAL}/v2` }, {
    ...RENEWED,
    base: `${GLOBAL}/v2`,
  }],
  ["null as address", { access_token: "a", resource_url: null }, RENEWED],
  ["an address elsewhere", { access_token: "a", resource_url: "https://evil.test" }, BASELESS],
  ["an address of the other region", { access_token: "a", resource_url: CN }, BASELESS],
  [
    "an address too long to be kept",
    { access_token: "a", resource_url: GLOBAL + "/".padEnd(250, "v") },
    BASELESS,
  ],
  ["a region", { access_token: "a", region: "cn" }, RENEWED],
];

Deno.test("minimaxGrant() keeps what the answer omits: it has …", async (t) => {
  for (const [what, fields, expected] of GRANTS) {
    await t.step(what, () => {
      const grant = minimaxGrant(fields, "global", NOW, BEFORE)!;
      assert.deepEqual(openGrant(storedGrant(grant)), expected);
    });
  }
});

Deno.test("minimaxGrant() without a grant before has what the answer has", () => {
  assert.deepEqual(openGrant(minimaxGrant({ access_token: "a" }, "cn", NOW)!), {
    access: "a",
    expiresAt: at(HOUR / 4),
    region: "cn",
  });
});

const NO_GRANTS: Record<string, unknown>[] = [
  {},
  { status: "success" },
  { status: "success", access_token: "" },
  { status: "success", access_token: null },
  { status: "success", access_token: ["a"] },
  { status: "success", access_token: "a b" },
  { status: "success", access_token: "a\r\nx-evil: 1" },
  { status: "pending", access_token: "a" },
  { status: "error", access_token: "a" },
  { status: "SUCCESS", access_token: "a" },
  { status: "", access_token: "a" },
  { status: null, access_token: "a" },
  { status: ["success"], access_token: "a" },
  { access_token: "a", base_resp: { status_code: 1004 } },
  { access_token: "a", base_resp: { status_code: "0" } },
  { access_token: "a", base_resp: { status_code: null } },
  { refresh_token: "r" },
];

Deno.test("minimaxGrant() sees that there is no token", async (t) => {
  for (const fields of NO_GRANTS) {
    await t.step(JSON.stringify(fields), () => {
      assert.equal(minimaxGrant(fields, "global", NOW, BEFORE), undefined);
    });
  }
});

const BASES: [url: unknown, global: boolean, cn?: boolean][] = [
  [GLOBAL, true],
  [CN, false, true],
  ["https://api.minimax.io", true],
  ["https://api.minimax.io/", true],
  ["https://api.minimax.io/v1", true],
  ["http://api.minimax.io/anthropic", false],
  ["https://api.minimax.io:443/anthropic", false],
  ["https://api.minimax.io:8443/anthropic", false],
  ["https://api.minimax.io./anthropic", false],
  ["https://API.minimax.io/anthropic", false],
  ["https://www.minimax.io/anthropic", false],
  ["https://account.minimax.io/anthropic", false],
  ["https://minimax.io/anthropic", false],
  ["https://api.minimax.io.evil.test/anthropic", false],
  ["https://evil.test/api.minimax.io", false],
  ["https://evilapi.minimax.io/", false],
  ["https://api.minimax.io@evil.test/", false],
  ["https://user:pass@api.minimax.io/anthropic", false],
  ["https://api.minimax.io\\@evil.test/", false],
  ["https://api.minimax.io/a/../b", false],
  ["https://api.minimax.io/a?key=1", false],
  ["https://api.minimax.io/a#b", false],
  ["https://api.minimax.io/a\r\nx-evil: 1", false],
  [" https://api.minimax.io/anthropic", false],
  ["//api.minimax.io/anthropic", false],
  ["api.minimax.io/anthropic", false],
  ["", false],
  [null, false],
  [5, false],
  [[GLOBAL], false],
  [{ toString: () => GLOBAL }, false],
];

Deno.test("ownBase() takes addresses of the region's own host only", async (t) => {
  for (const [url, global, cn = false] of BASES) {
    await t.step(JSON.stringify(url), () => {
      const expected = typeof url === "string" ? url.replace(/\/$/, "") : undefined;
      assert.equal(ownBase(url, "global"), global ? expected : undefined);
      assert.equal(ownBase(url, "cn"), cn ? expected : undefined);
    });
  }
});

const REFUSALS: [base_resp: unknown, isRefusal: boolean][] = [
  [{ status_code: 1004 }, true],
  [{ status_code: -1 }, true],
  [{ status_code: "x" }, true],
  [{ status_code: 0 }, false],
  [{}, false],
  [[], false],
  [null, false],
  [undefined, false],
  ["status_code", false],
  [1004, false],
];

Deno.test("isRefusal() sees an error behind status 200", async (t) => {
  for (const [base_resp, expected] of REFUSALS) {
    await t.step(Deno.inspect(base_resp), () => assert.equal(isRefusal({ base_resp }), expected));
  }
});
