import assert from "node:assert/strict";
import { openCredential } from "../../../lib/cli/open_credentials.ts";
import { Regions } from "../../../lib/cli/regions.ts";
import type { Refresher } from "../../../lib/oauth/refresh.ts";
import { providerById } from "../../../lib/providers/table.ts";
import { AppError } from "../../../lib/errors.ts";
import { Secret } from "../../../lib/secret.ts";
import { formatLogin } from "../../../lib/vault/login.ts";
import { makeVaultBox, type VaultBox } from "../../support/proxy_box.ts";

const MINIMAX = providerById("minimax-oauth")!;

async function logIn({ elsewhere }: VaultBox, token: string, region: string): Promise<void> {
  const login = formatLogin({ accessToken: new Secret(token) });
  await elsewhere.change((draft) => draft.put("login", MINIMAX.id, login, { region }));
}

/** Opens the login while `ensure` is done with it. */
function open(box: VaultBox, ensure: () => Promise<void>): ReturnType<typeof openCredential> {
  const refresher = { ensure } as unknown as Refresher;
  return openCredential(box.vault, refresher, new Regions(box.home), MINIMAX);
}

Deno.test("openCredential() gives a login with its own region, also when another one was made meanwhile", async () => {
  using box = makeVaultBox();
  await logIn(box, "token-global", "global");
  const { region, credential } = await open(box, () => logIn(box, "token-cn", "cn"));
  assert.ok(!(credential instanceof AppError));
  assert.deepEqual([region, credential.secret.reveal()], ["cn", "token-cn"]);
});

Deno.test("openCredential() gives what concerns one credential alone, and throws what concerns all", async (t) => {
  const rows: [code: ConstructorParameters<typeof AppError>[0], thrown: boolean][] = [
    ["login_required", false],
    ["network_failed", false],
    ["vault_damaged", false],
    ["vault_unavailable", true],
    ["keystore_unavailable", true],
    ["key_mismatch", true],
  ];
  for (const [code, thrown] of rows) {
    await t.step(code, async () => {
      using box = makeVaultBox();
      await logIn(box, "token", "global");
      const error = new AppError(code, "of the test");
      const opening = open(box, () => Promise.reject(error));
      if (thrown) await assert.rejects(opening, error);
      else assert.equal((await opening).credential, error);
    });
  }
});
