import assert from "node:assert/strict";
import { AppError } from "../../../lib/errors.ts";
import {
  type FileKind,
  type FileState,
  quote,
  refuseUnsafe,
  refuseUnsafeFolder,
} from "../../../lib/vault/guard.ts";
import { unavailable } from "../../../lib/vault/unavailable.ts";
import { fails } from "../../support/failure.ts";

const ME = 1000;
const PATH = "/home/ada/it's/vault.json";
const QUOTED = `'/home/ada/it'\\''s/vault.json'`;
const SAFE: FileState = { isFile: true, isSymlink: false, mode: 0o100600, nlink: 1, uid: ME };

const ACCEPTED: [what: string, kind: FileKind, state: Partial<FileState>][] = [
  ["a private file", "own", {}],
  ["a file that can't be written", "own", { mode: 0o100400 }],
  ["a named private file", "named", {}],
  ["a named file of root", "named", { uid: 0 }],
  ["a named file that all may read", "named", { mode: 0o100644 }],
  ["a named file with a second hard link", "named", { nlink: 2 }],
];

Deno.test("refuseUnsafe() accepts what nobody else could have put there", async (t) => {
  for (const [what, kind, state] of ACCEPTED) {
    await t.step(what, () => refuseUnsafe(PATH, { ...SAFE, ...state }, kind, ME));
  }
});

const REFUSED: [what: string, kind: FileKind, state: Partial<FileState>, says: RegExp, mend: string][] = [
  ["a link", "own", { isFile: false, isSymlink: true }, /a link/, `cp ${QUOTED} ${QUOTED}.copy && mv`],
  ["a folder or pipe", "own", { isFile: false }, /not a file/, `ls -ld ${QUOTED}`],
  ["a file of another user", "own", { uid: 1001 }, /another user \(id 1001\)/, "set AGENTGAZER_HOME"],
  ["a file of root", "own", { uid: 0 }, /another user \(root\)/, "set AGENTGAZER_HOME"],
  ["a second hard link", "own", { nlink: 2 }, /hard link/, `cp ${QUOTED} ${QUOTED}.copy && mv`],
  ["no link left", "own", { nlink: 0 }, /hard link/, "cp "],
  ["a file the group may read", "own", { mode: 0o100640 }, /others may open/, `chmod 600 ${QUOTED}`],
  ["a file all may read", "own", { mode: 0o100604 }, /others may open/, `chmod 600 ${QUOTED}`],
  ["a file all may write", "own", { mode: 0o100602 }, /others may open/, `chmod 600 ${QUOTED}`],
  ["a file all may run", "own", { mode: 0o100601 }, /others may open/, `chmod 600 ${QUOTED}`],
  ["a named pipe", "named", { isFile: false }, /not a file/, `ls -ld ${QUOTED}`],
  ["a named file of another user", "named", { uid: 1001 }, /another user/, "name a file of your own"],
  ["a named file the group may write", "named", { mode: 0o100620 }, /others may write/, `chmod go-w`],
  ["a named file all may write", "named", { mode: 0o100602 }, /others may write/, `chmod go-w ${QUOTED}`],
];

Deno.test("refuseUnsafe() refuses, and gives the command that mends it", async (t) => {
  for (const [what, kind, state, says, mend] of REFUSED) {
    await t.step(what, async () => {
      const work = () => refuseUnsafe(PATH, { ...SAFE, ...state }, kind, ME);
      const { message, hint } = await fails("refused", work);
      assert.match(message, says);
      assert.ok(message.startsWith(`Cannot use ${PATH}: `), message);
      assert.ok(hint!.includes(mend), hint!);
    });
  }
});

const FOLDER = { uid: SAFE.uid, isDirectory: true, mode: 0o040700 };

const FOLDERS: [what: string, state: Partial<Deno.FileInfo>, says: RegExp | undefined][] = [
  ["a file", { isDirectory: false }, /not a folder/],
  ["a private one", {}, undefined],
  ["one that all may read", { mode: 0o040755 }, undefined],
  ["one of another user", { uid: 1001 }, /another user/],
  ["one that the group may write to", { mode: 0o040770 }, /others may write/],
  ["one that all may write to", { mode: 0o040707 }, /others may write/],
  ["one like /tmp", { mode: 0o041777, uid: 0 }, /another user/],
];

Deno.test("refuseUnsafeFolder() refuses a folder where others could put files", async (t) => {
  for (const [what, state, says] of FOLDERS) {
    await t.step(what, async () => {
      const work = () => refuseUnsafeFolder(PATH, { ...FOLDER, ...state }, ME);
      if (says === undefined) work();
      else assert.match((await fails("refused", work)).message, says);
    });
  }
});

Deno.test("unavailable() keeps our own errors and shortens the system's", async (t) => {
  await t.step("our own", () => {
    const own = new AppError("refused", "Cannot use it");
    assert.equal(unavailable("read", PATH, own), own);
  });
  const rows: [text: string, state: string, hint: string][] = [
    ["Permission denied (os error 13)", "the permissions do not allow it", `ls -ld '/home/ada/it'`],
    ["No space left on device (os error 28)", "the disk is full", "free some space"],
    ["Read-only file system (os error 30)", "the file system is read-only", "set AGENTGAZER_HOME"],
    ["Input/output error (os error 5)", "input/output error", `check '/home/ada/it'`],
  ];
  for (const [text, state, help] of rows) {
    await t.step(text, () => {
      const error = new Error(`${text}: open '/home/ada/x'`);
      const { code, message, hint } = unavailable("write", PATH, error);
      assert.deepEqual([code, message], ["vault_unavailable", `Cannot write ${PATH}: ${state}`]);
      assert.ok(hint!.startsWith(help), hint!);
    });
  }
  await t.step("no folder", () => {
    const error = new Error("Not a directory (os error 20): stat '/dev/null/vault.json'");
    const own = unavailable("read", "/dev/null/vault.json", error);
    assert.deepEqual([own.code, own.message, own.hint], [
      "vault_unavailable",
      "Cannot use /dev/null: it is not a folder",
      "set AGENTGAZER_HOME to a folder",
    ]);
    assert.equal(unavailable("read", "/dev/null/key", error, "named").hint, "ls -ld /dev/null");
  });
  await t.step("something else", () => {
    assert.equal(unavailable("write", "/x", "thrown text").message, "Cannot write /x: unknown reason");
  });
});

const PATHS = ["/a/b-c_d.json", "/a b", "/it's", '/"quoted"', "/$HOME", "/`id`", "/a;b", "/é", "/a\nb", ""];

Deno.test("quote() gives one word to a real shell", async (t) => {
  for (const path of PATHS) {
    await t.step(JSON.stringify(path), async () => {
      const { stdout } = await new Deno.Command("/bin/sh", {
        args: ["-c", `printf '%s|' ${quote(path)}`],
        env: { HOME: "/root" },
      }).output();
      assert.equal(new TextDecoder().decode(stdout), path + "|");
    });
  }
});
