import assert from "node:assert/strict";
import { AppError, type ErrorCode, exitCode } from "../../../lib/errors.ts";
import { commandLine } from "../../support/command_line.ts";

const USAGE: [args: string, message: RegExp, hint: RegExp][] = [
  ["provider", /^Unknown command$/, /^did you mean `providers`\?$/],
  ["providers lst", /^Unknown command$/, /^did you mean `list`\?$/],
  ["clients remov x", /^Unknown command$/, /^did you mean `remove`\?$/],
  ["xyzzy", /^Unknown command$/, /^agentgazer --help$/],
  ["providers list --al", /^Unknown option$/, /^did you mean `--all`\?$/],
  ["start --prot 1", /^Unknown option$/, /^did you mean `--port`\?$/],
  ["clients list --zzzzzz", /^Unknown option$/, /^agentgazer clients list --help$/],
  ["providers set opena", /^Cannot find a provider with that id$/, /^did you mean `openai`\?$/],
  ["providers remove antropic", /^Cannot find a provider with that id$/, /^did you mean `anthropic`\?$/],
  ["env --provider mistrall", /^Cannot find a provider with that id$/, /^did you mean `mistral`\?$/],
  ["clients add ci --allow gogle", /^Cannot find a provider with that id$/, /^did you mean `google`\?$/],
  ["providers set xyzzyxyzzy", /^Cannot find a provider with that id$/, /^agentgazer providers list --all$/],
  ["providers", /^A command is missing$/, /^agentgazer providers --help$/],
  ["clients", /^A command is missing$/, /^agentgazer clients --help$/],
  ["providers set", /^The argument <id> is missing$/, /^agentgazer providers set --help$/],
  ["clients add", /^The argument <name> is missing$/, /^agentgazer clients add --help$/],
  ["completions", /^The argument <shell> is missing$/, /^agentgazer completions --help$/],
  ["providers set openai a b", /^Too many arguments$/, /^agentgazer providers set --help$/],
  ["providers list openai", /^Too many arguments$/, /^agentgazer providers list --help$/],
  [
    "clients add ci --expires",
    /^The option --expires <time> needs a value$/,
    /^agentgazer clients add --help$/,
  ],
  ["clients add ci --expires soon", /^Cannot use the value of --expires$/, /15m, 12h, 30d or 2w/],
  ["clients add a/b", /^Cannot add a client under that name$/, /64 letters/],
  ["env --shell tcsh", /^The value of --shell <shell> is not valid$/, /posix, fish, json$/],
  ["completions tcsh", /^The value of shell is not valid$/, /bash, zsh, fish$/],
  [
    "start --host 10.0.0.1",
    /^The value of --host <address> is not valid$/,
    /127\.0\.0\.1, ::1, 0\.0\.0\.0, ::$/,
  ],
  ["start --port 65536", /^The value of --port <number> is not valid$/, /^Give a number from 0 to 65535$/],
  ["start --port 1e3", /^The value of --port <number> is not valid$/, /^Give a number from 0 to 65535$/],
  ["start --port -1", /^The value of --port <number> is not valid$/, /^Give a number from 0 to 65535$/],
  ["start --allow-host a/b", /^The value of --allow-host .* is not valid$/, /^Give a host name/],
  ["start --allow-host a:0", /^The value of --allow-host .* is not valid$/, /^Give a host name/],
  ["start --log-format xml", /^The value of --log-format <format> is not valid$/, /text, json$/],
];

Deno.test("runCli() ends a wrong command line with exit code 2, a reason and a way on", async (t) => {
  using box = commandLine();
  for (const [args, message, hint] of USAGE) {
    await t.step(args, async () => {
      const { code, out, err } = await box.run(args.split(" "));
      assert.deepEqual([code, out], [2, ""], err);
      const [, said, next] = /^agentgazer: error: (.*)\nagentgazer: hint: (.*)\n$/m.exec(err) ?? [];
      assert.match(said!, message);
      assert.match(next!, hint);
    });
  }
  await t.step("and makes no files", () => {
    assert.throws(() => Deno.lstatSync(box.home), Deno.errors.NotFound);
  });
});

Deno.test("runCli() repeats the help behind a command group alone", async () => {
  using box = commandLine();
  assert.match((await box.run(["providers"])).err, /^Usage: agentgazer providers .*\nagentgazer: error: /s);
});

const JSON_ERRORS: [args: string, code: ErrorCode][] = [
  ["--json", "usage"],
  ["xyzzy --json", "usage"],
  ["providers --json", "usage"],
  ["providers list --json openai", "usage"],
  ["providers list --json --zzz", "usage"],
  ["start --port x --json", "usage"],
  ["providers remove openai --json", "usage"],
  ["clients add ci --json", "usage"],
];

Deno.test("runCli() writes one line of JSON on stderr when --json is given", async (t) => {
  using box = commandLine();
  for (const [args, code] of JSON_ERRORS) {
    await t.step(args, async () => {
      const result = await box.run(args.split(" "));
      assert.deepEqual([result.code, result.out], [exitCode(code), ""]);
      checkJson(result.err, code);
    });
  }
});

const CODES: [code: ErrorCode, hint: string | undefined][] = [
  ["usage", "set it"],
  ["credential_missing", "log in"],
  ["login_required", "log in again"],
  ["login_failed", "try once more"],
  ["not_found", undefined],
  ["keystore_unavailable", "unlock it"],
  ["key_mismatch", 'with "quotes"'],
  ["vault_unavailable", "check it"],
  ["refused", "chmod it"],
  ["network_failed", "try again"],
  ["vault_damaged", "restore it"],
  ["interrupted", undefined],
];

Deno.test("runCli() ends with the exit code of the error", async (t) => {
  using box = commandLine();
  for (const [code, hint] of CODES) {
    await t.step(code, async () => {
      const keyStores = () => {
        throw new AppError(code, "Cannot do it", hint);
      };
      const plain = await box.run(["providers", "list"], { keyStores });
      const hinted = hint === undefined ? "" : `agentgazer: hint: ${hint}\n`;
      assert.deepEqual(plain, {
        code: exitCode(code),
        out: "",
        err: `agentgazer: error: Cannot do it\n${hinted}`,
      });
      const json = await box.run(["providers", "list", "--json"], { keyStores });
      assert.equal(json.code, exitCode(code));
      const error = { code, message: "Cannot do it", hint: hint ?? null };
      assert.deepEqual(checkJson(json.err, code), error);
    });
  }
});

const DAMAGE: [what: string, content: string, code: number][] = [
  ["nothing", "", 8],
  ["half a vault", '{"format":"agentgazer-vault",', 8],
  ["a newer vault", '{"format":"agentgazer-vault","version":9}', 8],
];

Deno.test("runCli() never writes over a vault that it can't read", async (t) => {
  for (const [what, content, code] of DAMAGE) {
    await t.step(what, async () => {
      using box = commandLine();
      await box.run(["providers", "set", "openai", "sk-test"]);
      Deno.writeTextFileSync(`${box.home}/vault.json`, content);
      const lines = [
        "providers list",
        "providers set openai sk-2",
        "providers remove openai",
        "clients add ci",
        "env",
      ];
      for (const args of [...lines, "clients list", "start --port 0"]) {
        assert.equal((await box.run(args.split(" "))).code, code, args);
      }
      assert.equal(Deno.readTextFileSync(`${box.home}/vault.json`), content);
    });
  }
});

Deno.test("runCli() calls what nobody foresaw a bug, without its message", async () => {
  using box = commandLine();
  const keyStores = () => {
    throw new TypeError("sk-canary-0123456789");
  };
  const { code, out, err } = await box.run(["providers", "list"], { keyStores });
  assert.deepEqual([code, out], [1, ""]);
  assert.match(
    err,
    /^agentgazer: error: This is a bug: TypeError\n +at .*program_errors_test[^]*\nagentgazer: hint: please report it/,
  );
  assert.ok(!err.includes("canary"));
});

function checkJson(err: string, code: ErrorCode): unknown {
  assert.match(err, /^\{.*\}\n$/);
  const { error, ...rest } = JSON.parse(err);
  assert.deepEqual(rest, {});
  assert.deepEqual(Object.keys(error), ["code", "message", "hint"]);
  assert.equal(error.code, code);
  assert.equal(typeof error.message, "string");
  return error;
}
