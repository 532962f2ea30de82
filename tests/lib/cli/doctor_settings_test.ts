import assert from "node:assert/strict";
import { checkUp } from "../../support/check_up.ts";
import { commandLine } from "../../support/command_line.ts";
import { homeOf } from "../../support/command_vault.ts";

/** What stands in a config.json, and is no key. */
const ORDINARY: Readonly<Record<string, string>> = {
  "nothing": "{}",
  "regions":
    '{"providers":{"moonshot":{"region":"global"},"zhipu":{"region":"cn"},"minimax":{"region":"global"}}}',
  "the region of the old host": '{"providers":{"minimax":{"region":"legacy"}}}',
  "a key that was never set":
    '{"providers":{"openai":{"apiKey":null},"mistral":{"apiKey":""},"yi":{"apiKey":false}}}',
  "no key": '{"providers":{"openai":null,"mistral":"","yi":false}}',
  "no providers": '{"providers":null}',
  "a list of providers": '{"providers":[]}',
  "numbers": '{"maxTokens":100000000000000000,"tokenLimit":4096,"secret":true,"password":null}',
  "short texts under such names":
    '{"tokenType":"bearer","apiKeyHeader":"x-api-key","secretStore":"keychain"}',
  "sentences": '{"passwordHint":"ask the one who set it up","password":"ask the one who set it up"}',
  "addresses and paths": '{"endpoint":"https://api.openai.com/v1","file":"/home/ada/a-rather-long-name.txt"}',
  "addresses under such names": '{"oauth":{"tokenUrl":"https://auth.openai.com/oauth/token"}}',
  "an address that is a token's": '{"token":"https://auth.openai.com/oauth/token"}',
  "files under such names": '{"secretsFile":"/run/secrets/agentgazer","key":"/etc/ssl/private/server.pem"}',
  "a user without a password": '{"proxy":"http://ada@proxy.test:1"}',
  "an address with a port and an @": '{"x":"http://proxy.test:8080/@scope/package"}',
  "a tokenizer": '{"tokenizer":"cl100k_base_extended"}',
  "a language": '{"locale":"sk-SK"}',
  "beginnings of shapes": '{"a":"sk-proj-abc","b":"agz_abc","c":"sk-api-abc","d":"eyJ.a"}',
  "shapes within words": '{"a":"task-management-for-everyone","b":"disk-usage-of-the-container"}',
  "identifiers": '{"id":"6f1c7a52-32ab-4e0c-9d57-1f8e3d0b2c11","model":"claude-sonnet-4-5-20250929"}',
  "a digest": '{"sha256":"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"}',
};

Deno.test("doctor takes no ordinary setting for a key", async (t) => {
  for (const [name, config] of Object.entries(ORDINARY)) {
    await t.step(name, async () => {
      using line = commandLine();
      await line.run(["clients", "add", "ci"]);
      Deno.writeTextFileSync(homeOf(line).config, config);
      const { troubles, findings } = await checkUp(line);
      assert.deepEqual(troubles, []);
      assert.match(findings.find(({ check }) => check === "config")!.message, /holds no plaintext key$/);
    });
  }
});

Deno.test("doctor looks at the bottom of a deeply nested config.json", async () => {
  using line = commandLine();
  await line.run(["clients", "add", "ci"]);
  const config = '{"a":\n'.repeat(3000) + '"sk-proj-abcdefghijkl"' + "}".repeat(3000);
  Deno.writeTextFileSync(homeOf(line).config, config);
  const { troubles } = await checkUp(line);
  assert.deepEqual(troubles.map(({ message }) => /line \d+$/.exec(message)?.[0]), ["line 3001"]);
});
