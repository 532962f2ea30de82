import fc from "fast-check";
import assert from "node:assert/strict";
import { isMinting } from "../../../lib/providers/match.ts";
import { providerById, PROVIDERS } from "../../../lib/providers/table.ts";
import { forAll } from "../../support/property.ts";

function mints(id: string, path: string): boolean {
  return isMinting(providerById(id)!, new URL("https://host.test" + path));
}

const MINTING: [id: string, path: string][] = [
  ["openai", "/v1/organization"],
  ["openai", "/v1/organization/"],
  ["openai", "/v1/organization?limit=1"],
  ["openai", "/v1/organization/admin_api_keys"],
  ["openai", "/v1/organization/projects/p/service_accounts"],
  ["openai", "/v1/realtime/client_secrets"],
  ["openai", "/v1/realtime/client_secrets/"],
  ["openai", "/v1/realtime/sessions"],
  ["openai", "/v1/realtime/transcription_sessions"],
  ["openai", "/v1/realtime/translations/client_secrets"],
  ["openai", "/v1/chatkit/sessions"],
  ["openai", "/V1/Organization/ADMIN_API_KEYS"],
  ["openai", "/v1//organization"],
  ["openai", "//v1/organization"],
  ["openai", "/v1/organization//projects"],
  ["openai", "/v1/%6frganization"],
  ["openai", "/v1/%6Frganizatio%6E/x"],
  ["openai", "/v1/%256frganization"],
  ["openai", "/v1/%25256Frganization"],
  ["openai", "/v1%2forganization"],
  ["openai", "/v1%5corganization"],
  ["openai", "/v1/organization;a=b/projects"],
  ["openai", "/v1;a=b/organization"],
  ["openai", "/v1/;/organization"],
  ["openai", "/v1/models/..;/organization"],
  ["openai", "/v1/models/..;x=y/organization/projects"],
  ["openai", "/v1/models/%252e%252e/organization"],
  ["openai", "/v1/%252e/organization"],
  ["openai", "/v1/organization/..;/models"],
  ["openai", `/v1/%${"25".repeat(1000)}6frganization`],
  ["openai", "/v1/organization/%252e%252e/models"],
  ["openai", "/v1/realtime/sessions.json"],
  ["anthropic", "/v1/organizations"],
  ["anthropic", "/v1/organizations/api_keys"],
  ["anthropic", "/v1/organizations/"],
  ["anthropic", "/v1/ORGANIZATIONS/api_keys"],
  ["anthropic", "/v1/%6frganizations/api_keys"],
  ["google", "/v1alpha/auth_tokens"],
  ["google", "/v1alpha/auth_tokens:create"],
  ["google", "/v1alpha/auth_tokens%3Acreate"],
  ["google", "/v1alpha/auth%5Ftokens"],
  ["google", "/v1beta/auth_tokens"],
  ["google", "/v1/AUTH_TOKENS:create"],
  ["google", "/v1alpha//auth_tokens/x"],
];

Deno.test("isMinting() finds every path that hands out credentials, however it is spelt", async (t) => {
  for (const [id, path] of MINTING) await t.step(`${id} ${path}`, () => assert.ok(mints(id, path)));
});

const HARMLESS: [id: string, path: string][] = [
  ["openai", "/"],
  ["openai", "/v1/chat/completions"],
  ["openai", "/v1/responses"],
  ["openai", "/v1/models/organization"],
  ["openai", "/v1/organization_x"],
  ["openai", "/v1/organization-x"],
  ["openai", "/v1/organizations"],
  ["openai", "/v1/organizationx/y"],
  ["openai", "/v2/organization"],
  ["openai", "/organization"],
  ["openai", "/x/v1/organization"],
  ["openai", "/v1/chat/completions?next=/v1/organization"],
  ["openai", "/v1/realtime"],
  ["openai", "/v1/realtime/sessions_x"],
  ["openai", "/v1/realtime/sessionsx"],
  ["openai", "/v1/realtime/calls"],
  ["openai", "/v1/chatkit"],
  ["anthropic", "/v1/messages"],
  ["anthropic", "/v1/messages/count_tokens"],
  ["anthropic", "/v1/organization"],
  ["anthropic", "/v1/organizations_x"],
  ["google", "/v1beta/models/gemini-2.5-pro:generateContent"],
  ["google", "/v1beta/models/auth_tokens"],
  ["google", "/auth_tokens"],
  ["google", "/v1alpha/auth_tokens_x"],
  ["google", "/v1alpha/xauth_tokens"],
  ["mistral", "/v1/organization"],
  ["yi", "/v1/organization/admin_api_keys"],
];

Deno.test("isMinting() leaves the paths of models alone, and near misses", async (t) => {
  for (const [id, path] of HARMLESS) await t.step(`${id} ${path}`, () => assert.ok(!mints(id, path)));
});

/** One spelling of a character that some server reads as that character. */
function spelling(character: string): fc.Arbitrary<string> {
  const hex = "%" + character.charCodeAt(0).toString(16).padStart(2, "0");
  const spellings = [character, character.toUpperCase(), hex, hex.toUpperCase(), hex.replace("%", "%25")];
  if (character === "/") spellings.push("//", "%5c", "/;x/", "/.;/", "/x/..;/");
  return fc.constantFrom(...spellings);
}

Deno.test("isMinting() sees through any mixture of spellings", async (t) => {
  for (const row of PROVIDERS) {
    for (const path of row.minting ?? []) {
      await t.step(`${row.id} ${path}`, () => {
        const characters = [...path.slice(1).replace("*", "v1alpha")].map(spelling);
        const end = fc.constantFrom("", "/", "/x", "?x", ":create", ";x", "%2f", "%3Acreate");
        forAll(fc.tuple(...characters), end, (spelt, rest) => {
          assert.ok(isMinting(row, new URL("https://host.test/" + spelt.join("") + rest)));
        });
      });
    }
  }
});
