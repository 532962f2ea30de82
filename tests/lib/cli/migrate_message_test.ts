import assert from "node:assert/strict";
import { assertNoCanary, CANARY } from "../../support/canary.ts";
import { type CommandLine, commandLine } from "../../support/command_line.ts";

Deno.test("the migration says what it left, why, and what to do, at every run", async () => {
  const text =
    '{"providers":{"openai":"sk-1","yi":{"apiKey":"k-2"},"nobody":"k-3","google":5,"cohere":"k 4"}}';
  using box = boxWith("{}");
  await box.run(["providers", "set", "yi", "mine"]);
  Deno.writeTextFileSync(`${box.home}/config.json`, text);
  const said = (err: string) => err.replaceAll(box.home, "~").split("\n");
  const left = [
    "agentgazer: config.json still holds a plaintext key for yi: the vault has another one",
    "agentgazer: hint: delete it from ~/config.json, or store it in place of the other: agentgazer providers set yi",
    ...[
      "its provider is not known",
      "the value for google is not a text",
      "Cannot store the Cohere key: it holds white space or more than one line",
    ].flatMap((why) => [
      `agentgazer: config.json still holds what may be a plaintext key: ${why}`,
      'agentgazer: hint: look at "providers" in ~/config.json',
    ]),
    "",
  ];
  const first = await box.run(["providers", "list", "--json"]);
  assert.deepEqual(said(first.err).slice(1), left);
  assert.match(first.err, /^agentgazer: moved 1 plaintext key from config\.json into the vault \(openai\); /);
  assert.deepEqual(JSON.parse(first.out).map(({ id }: { id: string }) => id), ["openai", "yi"]);
  const second = await box.run(["clients", "list", "--json"]);
  assert.deepEqual(said(second.err), left);
  await box.run(["providers", "set", "yi", "k-2"]);
  const third = await box.run(["env"]);
  assert.match(third.err, /moved 1 plaintext key from config\.json into the vault \(yi\)/);
});

const HIDING: [what: string, config: string][] = [
  ["a key", `{"providers":{"openai":"sk-${CANARY}"}}`],
  ["a key that differs", `{"providers":{"mistral":"${CANARY}"}}`],
  ["an id", `{"providers":{"${CANARY}":"k"}}`],
  ["an id that holds an object", `{"providers":{"${CANARY}":{"apiKey":"${CANARY}"}}}`],
  ["a member's name", `{"providers":{"openai":{"apiKey":["${CANARY}"],"${CANARY}":1}},"${CANARY}":1}`],
  ["a key with white space", `{"providers":{"openai":"${CANARY} ${CANARY}"}}`],
  ["a key with a control character", `{"providers":{"openai":"${CANARY}\\u0007"}}`],
  ["a key that is too long", `{"providers":{"openai":"${CANARY.repeat(300)}"}}`],
  ["a key for a login", `{"providers":{"openai-oauth":"${CANARY}"}}`],
  ["an object for a key", `{"providers":{"openai":{"apiKey":{"${CANARY}":"${CANARY}"}}}}`],
  ["a file that is no JSON", `{"providers":{"openai":"${CANARY}"`],
  ["a file with a comment", `{"providers":{"openai":"k"}} // ${CANARY}`],
  ["providers that are a text", `{"providers":"${CANARY}"}`],
  ["providers that are a list", `{"providers":["${CANARY}",{"apiKey":"${CANARY}"}]}`],
];

Deno.test("no message of the migration holds any part of a key or of an unknown id", async (t) => {
  for (const [what, text] of HIDING) {
    await t.step(what, async () => {
      using box = boxWith("{}");
      await box.run(["providers", "set", "mistral", "other"]);
      Deno.writeTextFileSync(`${box.home}/config.json`, text);
      const lines = [
        "clients list",
        "providers list",
        "env",
        "keystore status",
        "providers list --json",
        "doctor",
      ];
      for (const args of [...lines, "start --port 0"]) {
        const { out, err } = await box.run(args.split(" "), {
          onErr: (text, system) => /listens on/.test(text) && system.raise("SIGINT"),
          upstream: () => Promise.resolve(new Response()),
          sleep: () => Promise.resolve(),
        });
        assertNoCanary(out + err, `the output of ${args}`);
        assert.doesNotMatch(err, /bug/);
      }
    });
  }
});

function boxWith(text: string): CommandLine {
  const box = commandLine();
  Deno.mkdirSync(box.home, { mode: 0o700 });
  Deno.writeTextFileSync(`${box.home}/config.json`, text, { mode: 0o600 });
  return box;
}
