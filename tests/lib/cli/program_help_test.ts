import assert from "node:assert/strict";
import { commandLine } from "../../support/command_line.ts";

const EXPECTED = [
  "",
  "providers",
  "providers set",
  "providers list",
  "providers remove",
  "login",
  "logout",
  "clients",
  "clients add",
  "clients list",
  "clients remove",
  "env",
  "start",
  "completions",
];

Deno.test("runCli() prints help of at most 80 columns for every command", async (t) => {
  using box = commandLine();
  const seen: string[] = [];
  const open = [""];
  for (let path = open.shift(); path !== undefined; path = open.shift()) {
    const here = path;
    seen.push(here);
    await t.step(`${here || "agentgazer"} --help`, async () => {
      const args = [...here.split(" ").filter(Boolean), "--help"];
      const { code, out, err } = await box.run(args);
      assert.deepEqual([code, err], [0, ""]);
      assert.ok(out.startsWith(["Usage: agentgazer", here].join(" ").trim()), out);
      assert.match(out, /^ +-h, --help +print help$/m);
      for (const line of out.split("\n")) assert.ok(line.length <= 80, `${line.length}: ${line}`);
      open.push(...commandsIn(out).map((name) => `${here} ${name}`.trim()));
    });
  }
  for (const path of EXPECTED) assert.ok(seen.includes(path), path);
});

Deno.test("runCli() prints help wherever --help stands, and does nothing else", async (t) => {
  using box = commandLine();
  for (
    const args of [
      "--help",
      "-h",
      "providers --help list",
      "providers set openai sk-1 --help",
      "clients add x --help",
    ]
  ) {
    await t.step(args, async () => {
      const { code, out, err } = await box.run(args.split(" "));
      assert.deepEqual([code, err], [0, ""]);
      assert.match(out, /^Usage: agentgazer/);
    });
  }
  assert.throws(() => Deno.lstatSync(box.home), Deno.errors.NotFound);
});

Deno.test("runCli() needs neither a home nor a keystore for help and completions", async (t) => {
  using box = commandLine();
  const keyStores = () => {
    throw new Error("a backend was opened");
  };
  for (const args of [["--help"], ["--version"], ["start", "--help"], ["completions", "bash"]]) {
    await t.step(args.join(" "), async () => {
      const result = await box.run(args, { keyStores, env: { AGENTGAZER_HOME: "" } });
      assert.equal(result.code, 0, result.err);
    });
  }
});

/** The names in the list of commands of a help text. */
function commandsIn(help: string): string[] {
  const list = help.split("\nCommands:\n")[1]?.split("\n\n")[0] ?? "";
  return [...list.matchAll(/^ {2}([a-z][\w-]*)/gm)].map((match) => match[1]!);
}
