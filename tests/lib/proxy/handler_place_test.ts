import assert from "node:assert/strict";
import type { Provider } from "../../../lib/providers/table.ts";
import { Secret } from "../../../lib/secret.ts";
import type { EntryFields } from "../../../lib/vault/envelope.ts";
import { formatLogin } from "../../../lib/vault/login.ts";
import { bearer, rawRequest } from "../../support/proxy_box.ts";
import {
  makeRenewingBox,
  refuses,
  type RenewingBox,
  type RenewingOptions,
} from "../../support/renewing_box.ts";

const ID = "minimax-oauth";
const TARGET = `/${ID}/v1/messages`;

/** Where requests go: the region of the login, as the commands say it. */
function baseOf({ base, regions }: Provider, entry: EntryFields | undefined): string {
  return regions?.[String(entry?.region)] ?? base;
}

function placed(options: Partial<RenewingOptions>): Promise<RenewingBox> {
  return makeRenewingBox({ replies: [Response.json({ ok: true })], stored: [], baseOf, ...options });
}

/** Logs in as another process does, in a region. */
async function logIn(box: RenewingBox, token: string, region: string): Promise<void> {
  const login = formatLogin({ accessToken: new Secret(token) });
  await box.elsewhere.change((draft) => draft.put("login", ID, login, { region }));
}

const TARGETS: [region: string, host: string, status: number][] = [
  ["global", "api.minimax.io", 200],
  ["cn", "api.minimaxi.com", 200],
  ["global", "api.minimaxi.com", 403],
  ["cn", "api.minimax.io", 403],
];

Deno.test("x-target-url takes a login to its own region only", async (t) => {
  for (const [region, host, status] of TARGETS) {
    await t.step(`${region} at ${host}`, async () => {
      using box = await placed({});
      await logIn(box, "token", region);
      const headers = { ...bearer("any"), "x-target-url": `https://${host}/anthropic/v1/messages` };
      assert.equal((await box.handle(rawRequest("/", { headers }))).status, status);
      assert.equal(box.got.length, status === 200 ? 1 : 0);
    });
  }
});

Deno.test("a login that is made elsewhere while a request is on its way does not go where the request goes", async (t) => {
  await t.step("while its token is renewed", async () => {
    using box = await placed({ ensure: () => logIn(box, "token-cn", "cn") });
    await logIn(box, "token-global", "global");
    assert.equal((await box.handle(rawRequest(TARGET, { headers: bearer("any") }))).status, 403);
    assert.deepEqual(box.got, []);
  });
  await t.step("while its token is refused", async () => {
    using box = await placed({
      replies: [refuses()],
      async replace(box) {
        await logIn(box, "token-cn", "cn");
        return true;
      },
    });
    await logIn(box, "token-global", "global");
    const { status } = await box.handle(rawRequest(TARGET, { headers: bearer("any") }));
    assert.equal(status, 401);
    assert.deepEqual(box.got.map(({ headers }) => headers.get("authorization")), ["Bearer token-global"]);
  });
});
