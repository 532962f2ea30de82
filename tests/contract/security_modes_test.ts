import assert from "node:assert/strict";
import {
  ADD,
  addLine,
  DELETE,
  each,
  FIND,
  MISSING,
  stored,
  TWICE,
  UNCHANGED,
  withItem,
} from "../support/security/examples.ts";
import { Buffer } from "node:buffer";
import { type Mode, startSecurity } from "../support/security/fixture.ts";
import { killInDialog, runTool as run } from "../support/security/run.ts";

const INFO = ["show-keychain-info"];
const UPDATE = [...ADD, "-U", "-w", "new"];
/** What is on stderr, by the exit code; nothing for the others. */
const SAID: Readonly<Record<number, string>> = { 44: MISSING, 45: UNCHANGED + TWICE };

/** The exit codes of: find, find -w, add -U, delete, show-keychain-info. */
const CODES: [name: string, mode: Mode, ...codes: [number, number, number, number, number]][] = [
  ["locked-headless", "locked-headless", 0, 36, 36, 36, 36],
  ["denied", "denied", 0, 51, 51, 51, 0],
  ["declined", "declined", 0, 128, 128, 128, 0],
  ["headless-154", "headless-154", 154, 154, 154, 154, 154],
  ["no-default-keychain", "no-default-keychain", 44, 44, 37, 44, 37],
  ["update-fails", "update-fails", 0, 0, 45, 0, 0],
  ["any status", { read: -25320, add: -25302, delete: -25291 }, 0, 24, 42, 53, 0],
];

Deno.test("a mode answers in place of the Keychain, and what fails changes and prints nothing", async (t) => {
  await each(t, CODES, async ([, mode, find, read, update, remove, info]) => {
    using security = withItem("old", mode);
    const codes = new Map([
      [FIND, find],
      [[...FIND, "-w"], read],
      [UPDATE, update],
      [INFO, info],
      [DELETE, remove],
    ]);
    for (const [args, expected] of codes) {
      const { code, stdout, stderr } = await run(security, args);
      assert.equal(code, expected, args.join(" "));
      if (code === 0) continue;
      assert.doesNotMatch(stdout, /old/);
      const isDelete = args === DELETE && stdout !== "";
      assert.equal(stderr, SAID[code] ?? (isDelete ? "password has been deleted.\n" : ""));
    }
    assert.deepEqual(stored(security), remove === 0 ? [] : ["app/me=old"]);
    assert.equal((await run(security, [...FIND, "-s", "no", "-w"])).code, find === 154 ? 154 : 44);
  });
});

Deno.test("a phantom write is only seen by reading again", async () => {
  using security = startSecurity({ mode: "phantom-write" });
  assert.deepEqual(await run(security, UPDATE), { code: 0, stdout: "", stderr: "" });
  assert.equal((await run(security, [...FIND, "-w"])).code, 44);
  security.mode = "normal";
  assert.equal((await run(security, UPDATE)).code, 0);
  assert.equal((await run(security, [...FIND, "-w"])).stdout, "new\n");
});

const BLOCKED: [what: string, args: string[], stdin?: string][] = [
  ["find -w", [...FIND, "-w"]],
  ["find -g", [...FIND, "-g"]],
  ["add", ADD],
  ["add on stdin", ["-i"], `${addLine("new", "-U")}\n`],
  ["delete", DELETE],
  ["show-keychain-info", INFO],
];

Deno.test("a dialog blocks until the process is killed", async (t) => {
  await each(t, BLOCKED, async ([, args, stdin]) => {
    using security = withItem("old", "dialog");
    assert.equal((await run(security, FIND)).code, 0);
    assert.equal(security.dialogs(), 0);
    const child = await killInDialog(security, args, stdin);
    assert.equal(await new Response(child.stdout).text() + await new Response(child.stderr).text(), "");
    assert.deepEqual(stored(security), ["app/me=old"]);
  });
});

Deno.test("an agent keeps the pipes open when the tool is killed in a dialog", async () => {
  const security = withItem("old", "dialog-with-agent");
  const child = await killInDialog(security, [...FIND, "-w"]);
  let isOpen = true;
  const rest = new Response(child.stdout).text().then(() => isOpen = false);
  assert.equal((await run(security, FIND)).code, 0);
  assert.ok(isOpen);
  security[Symbol.dispose]();
  await rest;
  await child.stderr.cancel();
});

Deno.test("a change of an item's access rights opens a dialog each time", async () => {
  using security = withItem();
  const fresh = ["add-generic-password", "-a", "you", "-s", "app", "-T", ""];
  assert.equal((await run(security, fresh)).code, 0);
  const child = await killInDialog(security, [...UPDATE, "-A"]);
  await Promise.all([child.stdout.cancel(), child.stderr.cancel()]);
  assert.deepEqual(stored(security), ["app/me=new", "app/you="]);
});

Deno.test("calls() gives the arguments and stdin of every start", async () => {
  using security = startSecurity();
  const line = `${addLine("ünicode", "-U")}\n`;
  await run(security, ["-i"], line);
  await run(security, FIND, "not read");
  const [first, second, ...others] = security.calls().map(({ argv, stdin }) => ({
    argv,
    stdin: Buffer.from(stdin).toString(),
  }));
  assert.deepEqual([first, second], [{ argv: ["-i"], stdin: line }, { argv: FIND, stdin: "" }]);
  assert.deepEqual(others, []);
  assert.equal(Buffer.from(security.items()[0]!.secret).toString(), "ünicode");
});

Deno.test("processes that add at the same time lose nothing", async () => {
  using security = startSecurity();
  const accounts = Array.from({ length: 20 }, (_, index) => `account ${index}`);
  await Promise.all(accounts.map(async (account) => {
    const args = ["add-generic-password", "-U", "-a", account, "-s", "app", "-w", account];
    assert.equal((await run(security, args)).code, 0);
  }));
  assert.deepEqual(stored(security).sort(), accounts.map((account) => `app/${account}=${account}`).sort());
  assert.equal(security.calls().length, accounts.length);
});
