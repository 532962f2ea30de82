import assert from "node:assert/strict";
import { ADD, DELETE, each, FIND, MISSING, stored, withItem } from "../support/security/examples.ts";
import { Buffer } from "node:buffer";
import { startSecurity } from "../support/security/fixture.ts";
import { runTool as run } from "../support/security/run.ts";

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
