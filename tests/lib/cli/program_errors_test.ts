import assert from "node:assert/strict";
import { AppError, type ErrorCode, exitCode } from "../../../lib/errors.ts";
import { commandLine } from "../../support/command_line.ts";

const USAGE: [args: string, message: RegExp, hint: RegExp][] = [
  ["provider", /^Unknown command$/, /^agentgazer providers$/],
  ["provider sett x", /^Unknown command$/, /^agentgazer providers$/],
  ["provider set openai", /^Unknown command$/, /^agentgazer providers set <id>$/],
  ["providers lst", /^Unknown command$/, /^agentgazer providers list$/],
  ["clients remov x", /^Unknown command$/, /^agentgazer clients remove <name>$/],
  ["xyzzy", /^Unknown command$/, /^agentgazer --help$/],
  ["providers list --al", /^Unknown option$/, /^did you mean `--all`\?$/],
  ["start --prot 1", /^Unknown option$/, /^did you mean `--port`\?$/],
  ["clients list --zzzzzz", /^Unknown option$/, /^agentgazer clients list --help$/],
  ["providers set opena", /^Cannot find a provider with that id$/, /^did you mean `openai`\?$/],
  ["providers remove antropic", /^Cannot find a provider with that id$/, /^did you mean `anthropic`\?$/],
  ["env --provider mistrall", /^Cannot find a provider with that id$/, /^did you mean `mistral`\?$/],
  ["clients add ci --allow gogle", /^Cannot find a provider with that id$/, /^did you mean `google`\?$/],
  ["providers set xyzzyxyzzy", /^Cannot find a provider with that id$/, /^agentgazer providers list --all$/],
  ["providers set", /^The argument <id> is missing$/, /^agentgazer providers set --help$/],
  ["clients add", /^The argument <name> is missing$/, /^agentgazer clients add --help$/],
  [
    "clients add --allow openai ci",
    /^The argument <name> is missing: --allow takes every word behind it$/,
    /^agentgazer clients add <name> --allow <id\.\.\.>$/,
  ],
  ["clients add --allow=openai", /^The argument <name> is missing$/, /^agentgazer clients add --help$/],
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
  ["env --shell tcsh", /^Cannot use the value of --shell$/, /^use one of posix, bash, zsh, fish, json$/],
  ["completions tcsh", /^Cannot use the value of <shell>$/, /^use one of bash, zsh, fish$/],
  [
    "start --host 10.0.0.1",
    /^Cannot use the value of --host$/,
    /^use one of 127\.0\.0\.1, localhost, ::1, 0\.0\.0\.0, ::$/,
  ],
  ["start --port 65536", /^Cannot use the value of --port$/, /^give a number from 0 to 65535$/],
  ["start --port 1e3", /^Cannot use the value of --port$/, /^give a number from 0 to 65535$/],
  ["start --port -1", /^Cannot use the value of --port$/, /^give a number from 0 to 65535$/],
  ["start --allow-host a/b", /^Cannot use the value of --allow-host$/, /^give a host name/],
  ["start --allow-host a:0", /^Cannot use the value of --allow-host$/, /^give a host name/],
  ["start --log-format xml", /^Cannot use the value of --log-format$/, /^use one of text, json$/],
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

Deno.test("runCli() prints the help of a command group alone, and says why", async () => {
  using box = commandLine();
  for (const group of ["providers", "clients", "keystore"]) {
    const { code, err } = await box.run([group]);
    assert.equal(code, 2);
    assert.ok(err.startsWith(`Usage: agentgazer ${group} `), err);
    assert.match(err, /\nagentgazer: error: A command is missing\n$/);
  }
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
        err: `agentgazer: ${code === "interrupted" ? "" : "error: "}Cannot do it\n${hinted}`,
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
