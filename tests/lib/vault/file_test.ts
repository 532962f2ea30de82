import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { ensureFolder, readGuarded, remove, replaceDurably, stampOf } from "../../../lib/vault/file.ts";
import { fails } from "../../support/failure.ts";
import { testWith } from "../../support/needs.ts";
import { type TemporaryFolder, temporaryFolder } from "../../support/temporary_folder.ts";
import { namesIn } from "../../support/vault_box.ts";

const SIZES = [0, 1, 65_535, 65_536, 65_537, 1_000_000];

Deno.test("readGuarded() gives what replaceDurably() wrote, whatever its size", async (t) => {
  using folder = temporaryFolder();
  for (const size of SIZES) {
    await t.step(`${size} bytes`, () => {
      const content = Uint8Array.from({ length: size }, (_, i) => i % 251);
      replaceDurably(folder.at("file"), content);
      assert.equal(Buffer.compare(readGuarded(folder.at("file"))!, content), 0);
    });
  }
});

Deno.test("readGuarded() gives nothing when there is no file", () => {
  using folder = temporaryFolder();
  assert.equal(readGuarded(folder.at("file")), undefined);
  assert.equal(readGuarded(folder.at("no", "file")), undefined);
  assert.equal(readGuarded(folder.at("file"), "named"), undefined);
});

Deno.test("readGuarded() follows a link to a named file only", async () => {
  using folder = temporaryFolder();
  write(folder.at("file"), "content", 0o644);
  Deno.symlinkSync("file", folder.at("link"));
  assert.equal(text(readGuarded(folder.at("link"), "named")), "content");
  await fails("refused", () => readGuarded(folder.at("link"), "own"));
});

Deno.test("readGuarded() checks what a link to a named file leads to", async (t) => {
  using folder = temporaryFolder();
  write(folder.at("open"), "content", 0o666);
  Deno.mkdirSync(folder.at("folder"));
  for (const target of ["open", "folder"]) {
    await t.step(target, async () => {
      Deno.symlinkSync(target, folder.at(`link to ${target}`));
      await fails("refused", () => readGuarded(folder.at(`link to ${target}`), "named"));
    });
  }
});

Deno.test("readGuarded() says why it can't read", async () => {
  using folder = temporaryFolder();
  write(folder.at("file"), "");
  const { message } = await fails("vault_unavailable", () => readGuarded(folder.at("file", "below")));
  assert.equal(message, `Cannot use ${folder.at("file")}: it is not a folder`);
});

Deno.test("replaceDurably() makes a private file whatever the umask is, and leaves nothing else", async (t) => {
  for (const umask of ["0", "022", "077", "0777"]) {
    await t.step(`umask ${umask}`, async () => {
      using folder = temporaryFolder();
      await writeUnderUmask(umask, folder.at("file"));
      assert.equal(Deno.statSync(folder.at("file")).mode! & 0o777, 0o600);
      assert.deepEqual(namesIn(folder.path), ["file"]);
    });
  }
});

Deno.test("replaceDurably() puts a new file in place of the old one, which its readers keep", () => {
  using folder = temporaryFolder();
  replaceDurably(folder.at("file"), bytes("old, and longer"));
  using reader = Deno.openSync(folder.at("file"), { read: true });
  replaceDurably(folder.at("file"), bytes("new"));
  const content = new Uint8Array(100);
  assert.equal(text(content.subarray(0, reader.readSync(content) ?? 0)), "old, and longer");
  assert.equal(text(readGuarded(folder.at("file"))), "new");
});

/** What may stand at the temporary name before a write. */
const LEFTOVERS: [what: string, plant: (folder: TemporaryFolder) => void][] = [
  ["of a writer that died", (folder) => write(folder.at("file.new"), "half")],
  ["that can't be written", (folder) => write(folder.at("file.new"), "half", 0o400)],
  ["that is a link", (folder) => Deno.symlinkSync("victim", folder.at("file.new"))],
  ["that is a dangling link", (folder) => Deno.symlinkSync("nowhere", folder.at("file.new"))],
  ["that is a hard link", (folder) => Deno.linkSync(folder.at("victim"), folder.at("file.new"))],
  ["that is a pipe", (folder) => {
    new Deno.Command("mkfifo", { args: [folder.at("file.new")] }).outputSync();
  }],
];

Deno.test("replaceDurably() replaces a leftover and follows no link", async (t) => {
  for (const [what, plant] of LEFTOVERS) {
    await t.step(`a leftover ${what}`, () => {
      using folder = temporaryFolder();
      write(folder.at("victim"), "of the victim");
      write(folder.at("file"), "old");
      plant(folder);
      replaceDurably(folder.at("file"), bytes("new"));
      assert.equal(text(readGuarded(folder.at("file"))), "new");
      assert.equal(text(readGuarded(folder.at("victim"))), "of the victim");
      assert.deepEqual(namesIn(folder.path), ["file", "victim"]);
    });
  }
});

Deno.test("replaceDurably() puts a file in place of a link, not in what it leads to", () => {
  using folder = temporaryFolder();
  write(folder.at("victim"), "of the victim");
  Deno.symlinkSync("victim", folder.at("file"));
  replaceDurably(folder.at("file"), bytes("new"));
  assert.equal(text(readGuarded(folder.at("file"))), "new");
  assert.equal(text(readGuarded(folder.at("victim"))), "of the victim");
});

Deno.test("replaceDurably() leaves the old file when it can't write", async (t) => {
  await t.step("the temporary file", async () => {
    using folder = temporaryFolder();
    write(folder.at("file"), "old");
    Deno.mkdirSync(folder.at("file.new", "full"), { recursive: true });
    const { message } = await fails(
      "vault_unavailable",
      () => replaceDurably(folder.at("file"), bytes("new")),
    );
    assert.match(message, /^Cannot write .*: (?!.*os error).+$/);
    assert.equal(text(readGuarded(folder.at("file"))), "old");
    assert.deepEqual(namesIn(folder.path), ["file", "file.new"]);
  });
  await t.step("over what is there, and removes the temporary file", async () => {
    using folder = temporaryFolder();
    Deno.mkdirSync(folder.at("file", "full"), { recursive: true });
    await fails("vault_unavailable", () => replaceDurably(folder.at("file"), bytes("new")));
    assert.deepEqual(namesIn(folder.path), ["file"]);
    assert.deepEqual(namesIn(folder.at("file")), ["full"]);
  });
  await t.step("since there is no folder", async () => {
    using folder = temporaryFolder();
    await fails("vault_unavailable", () => replaceDurably(folder.at("no", "file"), bytes("new")));
    assert.deepEqual(namesIn(folder.path), []);
  });
});

Deno.test("ensureFolder() makes a private folder, parents too, and accepts it again", () => {
  using folder = temporaryFolder();
  ensureFolder(folder.at("a", "b"));
  ensureFolder(folder.at("a", "b"));
  for (const path of [folder.at("a"), folder.at("a", "b")]) {
    assert.equal(Deno.statSync(path).mode! & 0o777, 0o700, path);
  }
});

const FOLDER_MODES: [mode: number, refused: boolean][] = [
  [0o700, false],
  [0o755, false],
  [0o770, true],
  [0o777, true],
  [0o1777, true],
];

Deno.test("ensureFolder() refuses a folder that others may write to, and does not change it", async (t) => {
  for (const [mode, refused] of FOLDER_MODES) {
    await t.step(mode.toString(8), async () => {
      using folder = temporaryFolder();
      Deno.chmodSync(folder.path, mode);
      if (!refused) return ensureFolder(folder.path);
      const { hint } = await fails("refused", () => ensureFolder(folder.path));
      assert.equal(hint, `chmod go-w ${folder.path}`);
      assert.equal(Deno.statSync(folder.path).mode! & 0o7777, mode);
    });
  }
  await t.step("a file in its place", async () => {
    using folder = temporaryFolder();
    write(folder.at("file"), "content");
    await fails("refused", () => ensureFolder(folder.at("file")));
    assert.equal(text(readGuarded(folder.at("file"))), "content");
  });
});

testWith(["setpriv"], "ensureFolder() refuses a folder of another user", async () => {
  using folder = temporaryFolder();
  Deno.chownSync(folder.path, 12345, null);
  const { message } = await fails("refused", () => ensureFolder(folder.path));
  assert.match(message, /another user/);
});

Deno.test("remove() removes a file or the link itself, and does not mind when there is none", () => {
  using folder = temporaryFolder();
  write(folder.at("victim"), "of the victim");
  Deno.symlinkSync("victim", folder.at("link"));
  remove(folder.at("link"));
  remove(folder.at("link"));
  assert.deepEqual(namesIn(folder.path), ["victim"]);
});

const EDITS: [what: string, edit: (path: string) => void][] = [
  ["its size", (path) => Deno.writeTextFileSync(path, "longer than before")],
  ["its mode", (path) => Deno.chmodSync(path, 0o640)],
  ["its links", (path) => Deno.linkSync(path, path + ".link")],
  ["its time", (path) => Deno.utimeSync(path, 1, 1)],
  ["its place", (path) => Deno.removeSync(path)],
];

Deno.test("stampOf() changes with the file, and only then", async (t) => {
  for (const [what, edit] of EDITS) {
    await t.step(`with ${what}`, () => {
      using folder = temporaryFolder();
      write(folder.at("file"), "content");
      const before = stampOf(folder.at("file"));
      assert.equal(stampOf(folder.at("file")), before);
      edit(folder.at("file"));
      assert.notEqual(stampOf(folder.at("file")), before);
    });
  }
  await t.step("and tells absent from unreadable", () => {
    using folder = temporaryFolder();
    write(folder.at("file"), "content");
    assert.equal(stampOf(folder.at("none")), "absent");
    assert.equal(stampOf(folder.at("file", "below")), "unreadable");
  });
});

/** Writes in a process of its own, since the umask is the whole process's. */
async function writeUnderUmask(umask: string, path: string): Promise<void> {
  const module = new URL("../../../lib/vault/file.ts", import.meta.url).href;
  const code = `import { replaceDurably } from "${module}"; replaceDurably(Deno.args[0], new Uint8Array(9));`;
  const args = ["-c", 'umask "$0" && exec "$@"', umask, Deno.execPath(), "eval", "-q", code, path];
  const { success } = await new Deno.Command("/bin/sh", { args, stdout: "null" }).output();
  assert.ok(success);
}

function write(path: string, content: string, mode = 0o600): void {
  Deno.writeTextFileSync(path, content);
  Deno.chmodSync(path, mode);
}

function bytes(content: string): Uint8Array {
  return new TextEncoder().encode(content);
}

function text(content: Uint8Array | undefined): string | undefined {
  return content && new TextDecoder().decode(content);
}
