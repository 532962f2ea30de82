import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { type Mode, type Security, startSecurity } from "../support/security/fixture.ts";
import { killInDialog, runTool as run } from "../support/security/run.ts";
import { splitLine } from "../support/security/split_line.ts";

// What is known of macOS's security(1). Where this fails, the backend is tested against something else.
const ADD = ["add-generic-password", "-a", "me", "-s", "app"];
const FIND = ["find-generic-password", "-a", "me", "-s", "app"];
const DELETE = ["delete-generic-password", "-a", "me", "-s", "app"];
const MISSING =
  "security: SecKeychainSearchCopyNext: The specified item could not be found in the keychain.\n";
const TWICE =
  "security: SecKeychainItemCreateFromContent (<default>): The specified item already exists in the keychain.\n";
const UNCHANGED =
  "security: SecKeychainItemModifyContent: The user name or passphrase you entered is not correct.\n";

/** What is stored, as `service/account=secret`. */
function stored(security: Security): string[] {
  return security.items().map(({ service, account, secret }) =>
    `${service}/${account}=${Buffer.from(secret).toString("latin1")}`
  );
}

function withItem(secret: string | Uint8Array = "old", mode: Mode = "normal"): Security {
  const security = startSecurity({ mode });
  security.put("app", "me", Buffer.from(secret));
  return security;
}

/** Runs every row at once: each has a Keychain of its own. */
async function each<Row extends readonly [string, ...unknown[]]>(
  t: Deno.TestContext,
  rows: readonly Row[],
  check: (row: Row) => Promise<void>,
): Promise<void> {
  const sanitize = { sanitizeOps: false, sanitizeResources: false, sanitizeExit: false };
  await Promise.all(rows.map((row) => t.step({ name: row[0], fn: () => check(row), ...sanitize })));
}

const WORDS: [line: string, ...words: string[]][] = [
  ["a b\t c", "a", "b", "c"],
  [""],
  [' \t"" ', ""],
  ['"a b" c', "a b", "c"],
  ["'a b' c", "a b", "c"],
  [String.raw`"a\"b\\c"`, String.raw`a"b\c`],
  [String.raw`'a\b'`, "ab"],
  [String.raw`a\ b`, "a b"],
  [String.raw`'it'"'"'s'`, "it", "'", "s"],
  ['"a""b"', "a", "b"],
  ['a"b c"', 'a"b', 'c"'],
  ["$HOME `id` # * ~", "$HOME", "`id`", "#", "*", "~"],
  ['"open', "open"],
  ["end\\", "end"],
  ["a\0b c", "a"],
  ["w ".repeat(33), ...Array(32).fill("w")],
];

Deno.test("a line is not split as a shell does it", async (t) => {
  for (const [line, ...words] of WORDS) {
    await t.step(JSON.stringify(line.slice(0, 20)), () => assert.deepEqual(splitLine(line), words));
  }
});

const add = (secret: string, ...options: string[]) => [...ADD, ...options, "-w", secret].join(" ");
/** A line of so many bytes, which stores `x…`. */
const long = (length: number) => add("x".repeat(length - add("").length));
/** What the cut line stores. */
const cut = (length: number) => `app/me=${"x".repeat(length - add("").length)}`;

const UNKNOWN = (word: string) => `security: unknown command "${word}"\n${word}: returned 1\n`;

const STDIN: [what: string, stdin: string | Uint8Array, code: number, stored: string[], stderr: string][] = [
  ["nothing", "", 0, [], ""],
  ["a line", `${add("secret")}\n`, 0, ["app/me=secret"], ""],
  ["no line end", add("secret"), 0, [], ""],
  ["no line end on the last of two", `${add("1")}\n${add("2", "-U")}`, 0, ["app/me=1"], ""],
  ["empty lines", "\n \n", 0, [], ""],
  ["4094 bytes", `${long(4094)}\n`, 0, [cut(4094)], ""],
  ["4095 bytes", `${long(4095)}\n`, 0, [cut(4095)], ""],
  ["4096 bytes", `${long(4096)}\n`, 1, [cut(4095)], UNKNOWN("x")],
  ["5000 bytes", `${long(5000)}\n`, 1, [cut(4095)], UNKNOWN("x".repeat(905))],
  ["4095 bytes without a line end", long(4095), 0, [cut(4095)], ""],
  ["4096 bytes without a line end", long(4096), 0, [cut(4095)], ""],
  ["a failure before the last command", `no\n${add("1")}\n`, 0, ["app/me=1"], UNKNOWN("no")],
  ["a failure of the last command", `${add("1")}\nno\n`, 1, ["app/me=1"], UNKNOWN("no")],
  [
    "a duplicate",
    `${add("1")}\n${add("2")}\n`,
    45,
    ["app/me=1"],
    `${TWICE}add-generic-password: returned -25299\n`,
  ],
  [
    "a line end in quotes",
    `${add('"1')}\ndelete-generic-password -s app"\n`,
    44,
    ["app/me=1"],
    `${MISSING}delete-generic-password: returned -25300\n`,
  ],
  ["a command in a secret", `${add('"1')}\n${add("2", "-U")}\n`, 0, ["app/me=2"], ""],
  ["quotes and backslashes", `${add(String.raw`"a \"b\" \\c"`)}\n`, 0, [String.raw`app/me=a "b" \c`], ""],
  [
    "a name in single quotes",
    String.raw`add-generic-password -a 'a\b' -s app -w 1` + "\n",
    0,
    ["app/ab=1"],
    "",
  ],
  ["a command's first letters", `${add("1").replace("generic-password", "g")}\n`, 0, ["app/me=1"], ""],
  ["bytes that are no text", Buffer.from(`${add("\xff\x80")}\n`, "latin1"), 0, ["app/me=\xff\x80"], ""],
  ["hexadecimal digits", `${ADD.join(" ")} -X 00ff0A\n`, 0, ["app/me=\0\xff\n"], ""],
];

Deno.test("commands on stdin", async (t) => {
  await each(t, STDIN, async ([, stdin, code, items, stderr]) => {
    using security = startSecurity();
    assert.deepEqual(await run(security, ["-i"], stdin), { code, stdout: "", stderr });
    assert.deepEqual(stored(security), items);
  });
});

Deno.test("a line of 4095 bytes succeeds even if its command fails", async () => {
  using security = startSecurity({ mode: "locked-headless" });
  for (const [length, code] of [[4094, 36], [4095, 0]] as const) {
    const stderr = "add-generic-password: returned -25308\n";
    assert.deepEqual(await run(security, ["-i"], `${long(length)}\n`), { code, stdout: "", stderr });
  }
});

const ADDING: [what: string, args: string[], code: number, stored: string[], stdin?: string][] = [
  ["-w", [...ADD, "-w", "new"], 45, ["app/me=old"]],
  ["-U -w", [...ADD, "-U", "-w", "new"], 0, ["app/me=new"]],
  ["-UX", [...ADD, "-UX", "6e6577"], 0, ["app/me=new"]],
  ["no secret", ["add-generic-password", "-a", "you", "-s", "app"], 0, ["app/me=old", "app/you="]],
  ["a value like an option", [...ADD, "-w", "-U"], 45, ["app/me=old"]],
  ["a prompt", [...ADD, "-U", "-w"], 0, [`app/me=${"p".repeat(128)}`], `${"p".repeat(200)}\n`.repeat(2)],
  ["a prompt without an answer", [...ADD, "-U", "-w"], 0, ["app/me="]],
  ["a prompt with two answers", [...ADD, "-U", "-w"], 1, ["app/me=old"], "1\n2\n1\n2\n1\n2\n"],
  ["an odd number of digits", [...ADD, "-U", "-X", "6f162"], 0, ["app/me=ab"]],
  ["no digits", [...ADD, "-U", "-X", "xyz0"], 2, ["app/me=old"]],
  ["no account", ["add-generic-password", "-s", "app", "-w", "new"], 2, ["app/me=old"]],
  ["no service", ["add-generic-password", "-a", "me", "-w", "new"], 2, ["app/me=old"]],
  ["an unknown option", [...ADD, "-Z"], 2, ["app/me=old"]],
  ["two keychains", [...ADD, "-U", "login.keychain-db", "login.keychain-db"], 2, ["app/me=old"]],
  ["another keychain", [...ADD, "-U", "/tmp/other.keychain-db"], 50, ["app/me=old"]],
];

Deno.test("add-generic-password", async (t) => {
  await each(t, ADDING, async ([, args, code, items, stdin]) => {
    using security = withItem();
    assert.equal((await run(security, args, stdin)).code, code);
    assert.deepEqual(stored(security), items);
  });
});

const PRINTED: [what: string, secret: string | Uint8Array, w: string, g: string][] = [
  ["text", 'a "b"', 'a "b"', '"a "b""'],
  ["nothing", "", "", ""],
  ["text like digits", "deadbeef", "deadbeef", '"deadbeef"'],
  ["bytes", Buffer.from("deadbeef", "hex"), "deadbeef", String.raw`0xDEADBEEF `],
  ["an accent", "café", "636166c3a9", String.raw`0x636166C3A9  "caf\303\251"`],
  ["a line end", "a\n", "610a", String.raw`0x610A  "a\012"`],
  ["a backslash", "a\\", "a\\", String.raw`0x615C  "a\134"`],
  ["a backslash only", "\\", "\\", "0x5C "],
];

Deno.test("find-generic-password prints secrets in several ways", async (t) => {
  await each(t, PRINTED, async ([, secret, w, g]) => {
    using security = withItem(secret);
    assert.deepEqual(await run(security, [...FIND, "-w"]), { code: 0, stdout: `${w}\n`, stderr: "" });
    const { stdout, stderr } = await run(security, [...FIND, "-g"]);
    assert.equal(stderr, `password: ${g}\n`);
    assert.match(
      stdout,
      /^keychain: .*\nversion: 512\nclass: "genp"\nattributes:\n {4}0x00000007 <blob>="app"\n/,
    );
  });
});

Deno.test("items are found by their attributes, and listed without their secrets", async () => {
  using security = startSecurity();
  security.put("app", "café", Buffer.from("first"));
  security.put("app", "me", Buffer.from("second"));
  const first = await run(security, ["find-generic-password", "-s", "app"]);
  assert.match(
    first.stdout,
    /\n {4}"acct"<blob>=0x636166C3A9 {2}"caf\\303\\251"\n(.*\n)* {4}"svce"<blob>="app"\n/,
  );
  assert.equal((await run(security, ["find-generic-password", "-s", "app", "-l", "no"])).code, 44);
  assert.equal((await run(security, [...FIND, "-l", "no", "-w"])).stdout, "second\n");
  const dump = await run(security, ["dump-keychain"]);
  assert.equal(dump.code, 0);
  assert.equal(dump.stdout.split("keychain: ").length, 3);
  assert.doesNotMatch(first.stdout + first.stderr + dump.stdout + dump.stderr, /first|second/);
});

Deno.test("delete-generic-password deletes the first match, and always says so", async () => {
  using security = withItem();
  security.put("app", "you", Buffer.from("other"));
  assert.equal((await run(security, ["delete-generic-password"])).code, 2);
  const { code, stdout, stderr } = await run(security, ["delete-generic-password", "-s", "app"]);
  assert.deepEqual([code, stderr], [0, "password has been deleted.\n"]);
  assert.match(stdout, /"acct"<blob>="me"/);
  assert.deepEqual(stored(security), ["app/you=other"]);
  assert.deepEqual(await run(security, DELETE), { code: 44, stdout: "", stderr: MISSING });
});

const OTHERS: [what: string, args: string[], code: number, stderr: RegExp][] = [
  ["no arguments", [], 2, /^$/],
  ["an unknown command", ["no"], 1, /^security: unknown command "no"\n$/],
  [
    "find: an unknown option",
    ["find-generic-password", "-Z"],
    2,
    /^security: illegal option -- Z\nUsage: find-/,
  ],
  [
    "find: no value",
    ["find-generic-password", "-a"],
    2,
    /^security: option requires an argument -- a\nUsage: /,
  ],
  ["find: another keychain", [...FIND, "/tmp/other.keychain-db"], 44, /could not be found/],
  ["show-keychain-info", ["show-keychain-info", "login.keychain-db"], 0, /^Keychain "login.keychain-db" /],
  ["-v", ["-v", ...FIND], 0, /^find-generic-password "-a" "me" "-s" "app"\n$/],
];

Deno.test("other exit codes", async (t) => {
  await each(t, OTHERS, async ([, args, code, stderr]) => {
    using security = withItem();
    const result = await run(security, args);
    assert.equal(result.code, code);
    assert.match(result.stderr, stderr);
  });
});

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
  ["add on stdin", ["-i"], `${add("new", "-U")}\n`],
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
  const line = `${add("ünicode", "-U")}\n`;
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
