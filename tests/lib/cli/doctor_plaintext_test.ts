import assert from "node:assert/strict";
import { assertNoCanary, CANARY } from "../../support/canary.ts";
import { type CheckUp, checkUp } from "../../support/check_up.ts";
import { commandLine } from "../../support/command_line.ts";
import { homeOf } from "../../support/command_vault.ts";

/** What no part of may be told; the canary is searched for in every spelling. */
const TOLD = /sk-|AIza|eyJ|agz_|1234567890|hunter2|01234567/;

const HEX = "0123456789abcdef0123456789abcdef";
const JWT = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.e.s";

/** Configs with what is a key for sure, and the lines in which one stands. */
const CERTAIN: Readonly<Record<string, [config: string, ...lines: number[]]>> = {
  "providers.<id>.apiKey": [`{"providers":{"openai":{"apiKey":"${CANARY}"}}}`, 1],
  "providers.<id>": [`{"providers":{"openai":"${CANARY}"}}`, 1],
  "short ones there": ['{"providers":{"openai":{"apiKey":"sk-1"},\n"mistral":"m"}}', 1, 2],
  "with a region beside it": [`{"providers":{\n"moonshot":{"region":"cn",\n"apiKey":"${CANARY}"}}}`, 3],
  "twice": [`{"providers":{\n"openai":{"apiKey":"${CANARY}"},\n"mistral":"${CANARY}"}}`, 2, 3],
  "of a repeated member": [`{"providers":{\n"openai":{"apiKey":"${CANARY}"},\n"openai":{}}}`, 2],
  "of repeated providers": [`{"providers":{\n"openai":"${CANARY}"},\n"providers":{}}`, 2],
  "of an unknown provider": [`{"providers":{"nobody":{"apiKey":"${CANARY}"}}}`, 1],
  "that is no text": ['{"providers":{"openai":{"apiKey":12345678901234567890}}}', 1],
  "behind CRLF": [`{\r\n"providers":{\r\n"openai":"${CANARY}"}}`, 3],
  "behind a byte order mark": [`\ufeff{\n"providers":{"openai":"${CANARY}"}}`, 2],
  "by its shape, under any name": ['{"x":"sk-proj-abcdefghijkl"}', 1],
  "by its shape, under the name of a key": ['{"apiKey":"sk-proj-abcdefghijkl"}', 1],
  "by its shape, in a list": ['{"x":[1,\n["sk-ant-api03-abcdefgh"]]}', 2],
  "by its shape, twice in one text": ['{"x":"sk-proj-abcdefghijkl sk-proj-abcdefghijkl"}', 1],
  "of Google": [`{"x":"AIza${"a".repeat(35)}"}`, 1],
  "of MiniMax": ['{"x":"sk-api-abcdefghijkl"}', 1],
  "of Zhipu": [`{"x":"${HEX}.AbCdEfGhIjKlMnOp"}`, 1],
  "a JWT": [`{"x":"${JWT}"}`, 1],
  "a local token": ['{"x":"agz_abcdefghijklmnopqrst"}', 1],
  "as a name": ['{"providers":{"sk-proj-abcdefghijkl":{"region":"cn"}}}', 1],
  "as a name and its value": ['{"agz_abcdefghijklmnopqrst":\n"agz_abcdefghijklmnopqrst"}', 1, 2],
  "written with escapes": ['{"\\u0061piKey":"\\u0073k-proj-abcdefghijkl"}', 1],
  "in a header": ['{"headers":{"Authorization":"Bearer sk-proj-abcdefghijkl"}}', 1],
  "behind white space": ['{"x":" sk-proj-abcdefghijkl"}', 1],
  "in an assignment": ['{"env":["OPENAI_API_KEY=sk-proj-abcdefghijkl"]}', 1],
  "in a command line": [`{"args":["--token","x",\n"--token=${JWT}"]}`, 2],
  "in a URL's query": ['{"url":"https://x.test/v1?key=agz_abcdefghijklmnopqrst"}', 1],
  "a bearer without a shape": [`{"headers":{"Authorization":"Bearer ${HEX}"}}`, 1],
  "a user and password": ['{"x":"Basic YWRhOmh1bnRlcjJodW50ZXIy"}', 1],
  "without a shape, in an assignment": [`{"env":["MISTRAL_API_KEY=${HEX}"]}`, 1],
  "behind an underscore": ['{"x":"x_sk-proj-abcdefghijkl"}', 1],
  "a password without a user": ['{"x":"redis://:hunter2hunter2@cache.test"}', 1],
  "a password in a URL": ['{"proxy":"http://ada:hunter2hunter2@proxy.test:1"}', 1],
};

/** Configs with what may be a key, by the name under which it stands. */
const GUESSED: Readonly<Record<string, [config: string, ...lines: number[]]>> = {
  "apiKey": [`{"apiKey":"${CANARY}"}`, 1],
  "in capitals": [`{"OPENAI_API_KEY":"${CANARY}"}`, 1],
  "tokens of a login": [
    `{"oauth":{"openai":{\n"accessToken":"${CANARY}",\n"refreshToken":"${CANARY}"}}}`,
    2,
    3,
  ],
  "a client secret": [`{"client_secret":"${CANARY}"}`, 1],
  "a password": [`{"proxy":{"password":"${CANARY}"}}`, 1],
  "in a list": [`{"token":["${CANARY}",\n"${CANARY}"]}`, 1, 2],
  "below such a name": [`{"apiKeys":{"mistral":"${CANARY}"},\n"key":{"value":"${CANARY}"}}`, 1, 2],
  "with a slash": ['{"secret":"wJalrXUtnFEMI/K7MDENG/bPx"}', 1],
  "in a list whose name is a plural": [`{"tokens":["${CANARY}",\n"${CANARY}"]}`, 1, 2],
  ...Object.fromEntries(
    ["api-key", "key", "private_key", "credential", "credentials", "bearer", "authorization"]
      .map((name) => [name, [`{"${name}":"${HEX}"}`, 1]]),
  ),
};

/** Checks a home with a client and this config.json, which has to stay as it is. */
async function withConfig(config: string): Promise<CheckUp> {
  using line = commandLine();
  await line.run(["clients", "add", "ci"]);
  Deno.writeTextFileSync(homeOf(line).config, config);
  const result = await checkUp(line);
  assert.equal(Deno.readTextFileSync(homeOf(line).config), config);
  return result;
}

for (
  const [level, what, rows, code] of [
    ["error", "looks like", CERTAIN, 6],
    ["warning", "may be", GUESSED, 0],
  ] as const
) {
  Deno.test(`doctor finds what ${what} a plaintext key: ${level}, where, not what`, async (t) => {
    for (const [name, [config, ...lines]] of Object.entries(rows)) {
      await t.step(name, async () => {
        const { troubles, code: given, text } = await withConfig(config);
        const told = troubles.map(({ check, level, message }) => `${level} ${check}: ${message}`);
        const line = (number: number) => `config.json has what ${what} a plaintext key in line ${number}`;
        assert.deepEqual(told, lines.map((number) => `${level} config: ${line(number)}`));
        assert.equal(given, code);
        assertNoCanary(text, "doctor --json");
        assert.doesNotMatch(text, TOLD);
      });
    }
  });
}

Deno.test("doctor gives a fix that mends this very plaintext", async (t) => {
  const list = /^agentgazer providers list, which moves it into the vault; .*delete it from \S+config\.json$/;
  const remove = /^delete it from \S+config\.json$/;
  const rows: [config: string, fix: RegExp][] = [
    ['{"providers":{"openai":{"apiKey":"sk-1"}}}', list],
    ['{"providers":{"openai":"sk-1"}}', list],
    ['{"providers":{"nobody":{"apiKey":"sk-1"}}}', remove],
    ['{"providers":{"openai-oauth":{"apiKey":"sk-1"}}}', remove],
    ['{"providers":{"openai":{"apiKey":5}}}', remove],
    ['{"providers":{"openai":{"apiKey":"a b"}}}', remove],
    ['{"x":"sk-proj-abcdefghijkl"}', remove],
    [`{"apiKey":"${CANARY}"}`, remove],
  ];
  for (const [config, fix] of rows) {
    await t.step(config.replace(CANARY, "…"), async () => {
      const { troubles } = await withConfig(config);
      assert.equal(troubles.length, 1);
      assert.match(troubles[0]!.fix!, fix);
    });
  }
  await t.step("one that can be moved is gone then", async () => {
    using line = commandLine();
    await line.run(["clients", "add", "ci"]);
    Deno.writeTextFileSync(homeOf(line).config, '{"providers":{"openai":"sk-1"}}');
    await line.run(["providers", "list"]);
    assert.deepEqual((await checkUp(line)).troubles, []);
  });
});
