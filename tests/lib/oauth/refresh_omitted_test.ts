import assert from "node:assert/strict";
import type { Sender } from "../../../lib/oauth/http.ts";
import type { Service } from "../../../lib/oauth/service.ts";
import { codexService } from "../../../lib/oauth/services/codex.ts";
import { minimaxService } from "../../../lib/oauth/services/minimax.ts";
import { parseLogin } from "../../../lib/vault/login.ts";
import { Secret } from "../../../lib/secret.ts";
import { HOUR, MINUTE, type RefreshBox, refreshBox, shown } from "../../support/refresh_box.ts";

type Fields = Readonly<Record<string, string | boolean>>;

const SEALED: Fields = {
  accessToken: "access-0",
  refreshToken: "refresh-0",
  scope: "openid",
  accountId: "acc-1",
  fedramp: true,
};
const CODEX: Fields = { account: "ada@example.org", plan: "plus" };
const MINIMAX: Fields = { region: "cn", base: "https://api.minimaxi.com/anthropic" };

const ROWS: [
  what: string,
  make: (sender: Sender, system: { now: () => number }) => Service,
  clear: Fields,
  answer: Fields,
  want: (box: RefreshBox) => Fields,
][] = [
  ["Codex, all but the access token", codexService, CODEX, { access_token: "access-1" }, (box) => ({
    ...SEALED,
    ...CODEX,
    accessToken: "access-1",
    expiresAt: after(box, 8 * 24 * HOUR),
  })],
  ["Codex, all but the refresh token", codexService, CODEX, { refresh_token: "refresh-1" }, (box) => ({
    ...SEALED,
    ...CODEX,
    refreshToken: "refresh-1",
    expiresAt: after(box, MINUTE),
  })],
  [
    "MiniMax, all but the access token",
    minimaxService,
    MINIMAX,
    { access_token: "access-1", status: "success" },
    (box) => ({
      ...MINIMAX,
      accessToken: "access-1",
      refreshToken: "refresh-0",
      expiresAt: after(box, 15 * MINUTE),
    }),
  ],
];

Deno.test("Refresher.ensure() keeps what the answer omits", async (t) => {
  for (const [what, make, clear, answer, want] of ROWS) {
    await t.step(what, async () => {
      using box = await refreshBox(HOUR);
      const fetch = () => Promise.resolve(Response.json(answer));
      // Its deadline never comes.
      const sleep = () => new Promise<void>(() => {});
      const service = make({ system: { fetch, sleep }, userAgent: "a/1" }, { now: () => box.time });
      const fields = { ...clear, renewable: true, expiresAt: after(box, MINUTE) };
      await box.put("login", service.id, JSON.stringify(SEALED), fields);
      const { refresher, vault } = box.process([service]);
      await refresher.replace(service.id, new Secret("access-0"));
      const { kind, createdAt, updatedAt, ...now } = vault.read().entry("login", service.id)!.fields;
      assert.deepEqual([kind, createdAt, updatedAt], ["login", after(box, 0), after(box, 0)]);
      const login = parseLogin(service.id, (await vault.open("login", service.id))!);
      assert.deepEqual(shown({ login, fields: now }), {
        ...want(box),
        renewable: true,
        refreshedAt: after(box, 0),
      });
    });
  }
});

/** A time so many milliseconds from now. */
function after(box: RefreshBox, milliseconds: number): string {
  return new Date(box.time + milliseconds).toISOString();
}
