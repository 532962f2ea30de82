import assert from "node:assert/strict";
import { type Keyring, type KeyringState, startKeyring } from "../support/keyring.ts";
import { testWith } from "../support/needs.ts";

// What the real tools answer. Where this fails, the tools differ from what the backend was written for.
const KEY = { service: "agentgazer", username: "a key" };
const ABSENT = { ...KEY, username: "another key" };
const ATTRIBUTES = "attribute.service = agentgazer\nattribute.username = a key\n";
const LOCKED = "secret-tool: Cannot get secret of a locked object\n";
const LOCKED_STORE = "secret-tool: Cannot create an item in a locked collection\n";
const NO_PROVIDER = "secret-tool: The name org.freedesktop.secrets was not provided by any .service files\n";
const NO_KEYRING = "secret-tool: Object does not exist at path “/org/freedesktop/secrets/collection/login”\n";

function args(command: string, attributes: Readonly<Record<string, string>> = KEY): string[] {
  const options: Record<string, string[]> = { search: ["--all"], store: ["--label=a label"] };
  return [command, ...options[command] ?? [], "--", ...Object.entries(attributes).flat()];
}

async function startWithKey(): Promise<Keyring> {
  const keyring = await startKeyring({ state: "open" });
  await keyring.tool.store(KEY, "a value");
  return keyring;
}

async function exits(keyring: Keyring, line: string[], code: number, stderr: string): Promise<void> {
  const run = await keyring.tool.run(line, { stdin: "a value" });
  assert.deepEqual({ code: run.code, stderr: run.stderr }, { code, stderr }, line.join(" "));
}

/** The state of each process of a keyring, such as `S` or `T`, by its name. */
function processes({ folder }: Keyring): Record<string, string> {
  const found: Record<string, string> = {};
  for (const { name } of Deno.readDirSync("/proc")) {
    try {
      const environment = Deno.readTextFileSync(`/proc/${name}/environ`);
      if (!environment.includes(`HOME=${folder}`)) continue;
      const [, program, state] = /\((.*)\) (.)/.exec(Deno.readTextFileSync(`/proc/${name}/stat`))!;
      found[program!] = state!;
    } catch {
      // Not a process, or gone by now.
    }
  }
  return found;
}

testWith(["libsecret"], "an open keyring keeps values as they are", async () => {
  await using keyring = await startKeyring({ state: "open" });
  await keyring.tool.store(KEY, "two\nlines\n");
  assert.equal(await keyring.tool.lookup(KEY), "two\nlines\n");
  assert.equal(await keyring.tool.lookup(ABSENT), undefined);
  assert.deepEqual(await keyring.items(), [{ label: "agentgazer", attributes: KEY, value: "two\nlines\n" }]);
  await exits(keyring, args("search"), 0, ATTRIBUTES);
  await exits(keyring, args("search", ABSENT), 0, "");
});

testWith(["libsecret"], "a keyring has a session of its own, which ends with it", async () => {
  const keyring = await startKeyring({ state: "open" });
  await keyring.prompter("silent");
  assert.deepEqual(Object.keys(processes(keyring)).sort(), ["dbus-daemon", "gnome-keyring-d", "python3"]);
  assert.deepEqual(keyring.env, {
    DBUS_SESSION_BUS_ADDRESS: `unix:path=${keyring.folder}/run/bus`,
    XDG_RUNTIME_DIR: `${keyring.folder}/run`,
  });
  await keyring[Symbol.asyncDispose]();
  assert.deepEqual(processes(keyring), {});
  await assert.rejects(Deno.stat(keyring.folder), Deno.errors.NotFound);
});

testWith(["libsecret"], "a locked keyring says so to a search, and to a lookup nothing", async () => {
  await using keyring = await startWithKey();
  await keyring.lock();
  await exits(keyring, args("search"), 0, LOCKED + ATTRIBUTES);
  await exits(keyring, args("search", ABSENT), 0, "");
  await exits(keyring, args("lookup"), 1, "");
  await exits(keyring, args("store"), 1, LOCKED_STORE);
  await exits(keyring, args("clear"), 1, "");
  assert.equal((await keyring.items())[0]!.value, undefined);
  await keyring.unlock();
  assert.equal(await keyring.tool.lookup(KEY), "a value");
});

testWith(["libsecret"], "a keyring that was never opened shows hashes in place of attributes", async () => {
  await using keyring = await startWithKey();
  await keyring.lockCold();
  const { code, stderr } = await keyring.tool.run(args("search"));
  assert.equal(code, 0);
  assert.match(stderr.replace(LOCKED, ""), /^(attribute\.gkr:compat:hashed:\w+ = [0-9a-f]{32}\n){2}$/);
  await exits(keyring, args("search", ABSENT), 0, "");
  await exits(keyring, args("lookup"), 1, "");
  await exits(keyring, args("store"), 1, LOCKED_STORE);
  await keyring.unlock();
  assert.equal(await keyring.tool.lookup(KEY), "a value");
});

testWith(["libsecret"], "a provider without a keyring has nothing, and stores nothing", async () => {
  await using keyring = await startKeyring({ state: "no-keyring" });
  await exits(keyring, args("search"), 0, "");
  await exits(keyring, args("lookup"), 1, "");
  await exits(keyring, args("store"), 1, NO_KEYRING);
  assert.deepEqual(await keyring.items(), []);
});

const TROUBLES: readonly [KeyringState, string][] = [
  ["no-provider", NO_PROVIDER],
  ["dead-bus", "secret-tool: Could not connect: No such file or directory\n"],
  ["no-bus", "secret-tool: Cannot autolaunch D-Bus without X11 $DISPLAY\n"],
];
for (const [state, stderr] of TROUBLES) {
  testWith(["libsecret"], `${state}: every command says why it fails`, async () => {
    await using keyring = await startKeyring({ state });
    for (const command of ["search", "lookup", "store", "clear"]) {
      await exits(keyring, args(command), 1, stderr);
    }
    await assert.rejects(keyring.tool.lookup(KEY), { message: `secret-tool lookup ended with 1: ${stderr}` });
  });
}

testWith(["libsecret"], "each state that a keyring may begin in", async () => {
  for (const state of ["locked", "locked-cold"] as const) {
    await using keyring = await startKeyring({ state });
    await exits(keyring, args("store"), 1, LOCKED_STORE);
    await keyring.unlock();
    await exits(keyring, args("store"), 0, "");
  }
});

testWith(["libsecret"], "a silent prompter: a lookup waits until someone answers", async () => {
  await using keyring = await startWithKey();
  await keyring.lock();
  await using prompter = await keyring.prompter("silent");
  for (const line of [args("search"), args("lookup", ABSENT), args("clear")]) await keyring.tool.run(line);
  assert.equal(await prompter.prompts(), 0);

  const ending = new AbortController();
  const ended = keyring.tool.run(args("lookup"), ending);
  await prompter.shown();
  ending.abort();
  assert.equal((await ended).code, 128 + 15);
  assert.equal(await prompter.prompts(), 1);
  // The prompt outlives the one who asked.
  await prompter.decline();

  const declined = keyring.tool.run(args("lookup"));
  await prompter.shown(2);
  await exits(keyring, args("search"), 0, LOCKED + ATTRIBUTES);
  await prompter.decline();
  assert.deepEqual(await declined, { code: 1, stdout: "", stderr: "" });
  assert.equal(await prompter.prompts(), 2);
});

testWith(["libsecret", "openssl"], "a prompt that is answered at last", async () => {
  await using keyring = await startWithKey();
  await keyring.lockCold();
  await using prompter = await keyring.prompter("silent");
  const found = keyring.tool.lookup(KEY);
  await prompter.shown();
  await prompter.answer();
  assert.equal(await found, "a value");
});

testWith(["libsecret"], "a prompter that declines: as if there were none", async () => {
  await using keyring = await startWithKey();
  await keyring.lock();
  await using prompter = await keyring.prompter("declines");
  await exits(keyring, args("lookup"), 1, "");
  await exits(keyring, args("store"), 1, LOCKED_STORE);
  assert.equal(await prompter.prompts(), 2);

  await using none = await startKeyring({ state: "no-keyring" });
  await using other = await none.prompter("declines");
  await exits(none, args("store"), 1, NO_KEYRING);
  assert.equal(await other.prompts(), 1);
});

testWith(["libsecret", "openssl"], "a prompter that answers: the keyring is opened, or made", async () => {
  await using keyring = await startWithKey();
  await keyring.lock();
  await using prompter = await keyring.prompter("answers");
  assert.equal(await keyring.tool.lookup(KEY), "a value");
  assert.equal(await prompter.prompts(), 1);

  await using none = await startKeyring({ state: "no-keyring" });
  await using other = await none.prompter("answers");
  await none.tool.store(KEY, "a value");
  assert.equal(await other.prompts(), 1);
  await none.lockCold();
  await none.unlock();
  assert.equal(await none.tool.lookup(KEY), "a value");
});

testWith(["libsecret"], "a prompter that goes away: its prompts are declined", async () => {
  await using keyring = await startWithKey();
  await keyring.lock();
  const prompter = await keyring.prompter("silent");
  const found = keyring.tool.lookup(KEY);
  await prompter.shown();
  await prompter[Symbol.asyncDispose]();
  assert.equal(await found, undefined);
});

testWith(["libsecret"], "a provider that is stopped, and goes on", async () => {
  await using keyring = await startWithKey();
  await keyring.pause();
  assert.equal(processes(keyring)["gnome-keyring-d"], "T");
  const found = keyring.tool.lookup(KEY);
  keyring.resume();
  assert.equal(await found, "a value");
});

testWith(["libsecret"], "a provider that dies: there is none any more", async () => {
  await using keyring = await startWithKey();
  await keyring.pause();
  await keyring.crash();
  await exits(keyring, args("lookup"), 1, NO_PROVIDER);
  await assert.rejects(keyring.pause(), /there is no provider/);
});
