import assert from "node:assert/strict";
import { stripVTControlCharacters } from "node:util";
import { EXECUTABLE, testWith } from "../support/needs.ts";
import { makeBox } from "../support/program.ts";
import { type Pty, startPty } from "../support/pty.ts";

const NEEDS = ["compile", "script"] as const;
const PROMPT = /OpenAI API key \(not shown\): /;

/** Runs a command on a terminal, then shows its exit code and whether the terminal echoes again. */
function line(args: string): string {
  return `sh -c 'echo pid=$$; exec ${EXECUTABLE} ${args}'; echo code=$?; stty -a; echo the-end`;
}

testWith(NEEDS, "agentgazer providers set asks for the key without showing it", async (t) => {
  const rows: [name: string, typed: string, code: number][] = [
    ["typed and entered", "sk-proj-typedkey\r", 0],
    ["corrected", "sk-pwrong\x15sk-proj-typedkeyXX\x7f\x7f\r", 0],
    ["Ctrl-C", "sk-proj-typedkey\x03", 130],
    ["Ctrl-D at once", "\x04", 130],
    ["nothing", "\r", 2],
    ["two lines pasted", "sk-proj-typedkey\rsk-proj-second\r", 2],
  ];
  for (const [name, typed, code] of rows) {
    await t.step(name, async () => {
      await using box = await makeBox();
      await using pty = startPty(line("providers set openai"), { AGENTGAZER_HOME: box.home });
      await pty.shown(PROMPT);
      await pty.type(typed);
      await assertEnded(pty, code);
      const list = await box.run(["providers", "list", "--json"]);
      assert.equal(JSON.parse(list.stdout).length, code === 0 ? 1 : 0);
    });
  }
});

testWith(NEEDS, "agentgazer providers set gives the terminal back when a signal ends it", async (t) => {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    await t.step(signal, async () => {
      await using box = await makeBox();
      await using pty = startPty(line("providers set openai"), { AGENTGAZER_HOME: box.home });
      const [, pid] = await pty.shown(/pid=(\d+)/);
      await pty.shown(PROMPT);
      Deno.kill(Number(pid), signal);
      await assertEnded(pty, 130);
    });
  }
});

testWith(NEEDS, "agentgazer providers remove asks first on a terminal", async (t) => {
  await using box = await makeBox();
  const rows: [answer: string, code: number, left: number][] = [["\r", 130, 1], ["n\r", 130, 1], [
    "y\r",
    0,
    0,
  ]];
  await box.run(["providers", "set", "openai"], { stdin: "sk-proj-x" });
  for (const [answer, code, left] of rows) {
    await t.step(JSON.stringify(answer), async () => {
      await using pty = startPty(line("providers remove openai"), { AGENTGAZER_HOME: box.home });
      await pty.shown(/Remove the OpenAI key\? \[y\/N\] /);
      await pty.type(answer);
      await assertEnded(pty, code);
      const list = await box.run(["providers", "list", "--json"]);
      assert.equal(JSON.parse(list.stdout).length, left);
    });
  }
});

testWith(NEEDS, "listings are tables on a terminal, without colour under NO_COLOR", async () => {
  await using box = await makeBox();
  await box.run(["providers", "set", "openai"], { stdin: "sk-proj-x" });
  for (const env of [{}, { NO_COLOR: "1" }]) {
    await using pty = startPty(line("providers list"), { AGENTGAZER_HOME: box.home, ...env });
    await pty.shown(/code=0/);
    const screen = pty.screen();
    assert.match(
      stripVTControlCharacters(screen),
      /ID +NAME +AUTH +STATUS +ENDPOINT +REGION +UPDATED\s+openai +OpenAI +api-key +set/,
    );
    assert.equal(screen === stripVTControlCharacters(screen), "NO_COLOR" in env);
  }
});

async function assertEnded(pty: Pty, code: number): Promise<void> {
  await pty.shown(/the-end/);
  assert.match(pty.screen(), new RegExp(`code=${code}\\r`));
  assert.match(pty.screen(), /(?<!-)echo /);
  assert.match(pty.screen(), /(?<!-)icanon /);
  assert.doesNotMatch(pty.screen(), /sk-p/);
}
