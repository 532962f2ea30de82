import assert from "node:assert/strict";
import { editConfig, readConfig, withValue } from "../../../lib/vault/config.ts";
import type { Home } from "../../../lib/vault/home.ts";
import { fails } from "../../support/failure.ts";
import { testWith } from "../../support/needs.ts";
import { beside, namesIn, type VaultBox, vaultBox } from "../../support/vault_box.ts";

const TEXT = '{"a": 1.0}\n';

/** What reading and what editing says; `undefined` when it works. */
const PLACES: [
  what: string,
  make: (home: Home) => unknown,
  read: RegExp | undefined,
  edit: RegExp | undefined,
][] = [
  ["a file of mode 0600", ({ config }) => Deno.chmodSync(config, 0o600), undefined, undefined],
  ["a file of mode 0644", ({ config }) => Deno.chmodSync(config, 0o644), undefined, undefined],
  [
    "a file of mode 0664",
    ({ config }) => Deno.chmodSync(config, 0o664),
    /others may write/,
    /others may write/,
  ],
  [
    "a file of mode 0666",
    ({ config }) => Deno.chmodSync(config, 0o666),
    /others may write/,
    /others may write/,
  ],
  [
    "a file of mode 0602",
    ({ config }) => Deno.chmodSync(config, 0o602),
    /others may write/,
    /others may write/,
  ],
  [
    "a link",
    (home) => {
      Deno.renameSync(home.config, beside(home, "real.json"));
      Deno.symlinkSync("real.json", home.config);
    },
    undefined,
    /it is a link/,
  ],
  [
    "a link to a file that others may write to",
    (home) => {
      Deno.renameSync(home.config, beside(home, "real.json"));
      Deno.chmodSync(beside(home, "real.json"), 0o666);
      Deno.symlinkSync("real.json", home.config);
    },
    /others may write/,
    /it is a link/,
  ],
  [
    "a link to a folder",
    (home) => {
      Deno.removeSync(home.config);
      Deno.symlinkSync("/tmp", home.config);
    },
    /it is not a file/,
    /it is a link/,
  ],
  [
    "a dangling link",
    (home) => {
      Deno.removeSync(home.config);
      Deno.symlinkSync("nowhere", home.config);
    },
    undefined,
    /it is a link/,
  ],
  [
    "a link to itself",
    (home) => {
      Deno.removeSync(home.config);
      Deno.symlinkSync("config.json", home.config);
    },
    /Cannot read/,
    /it is a link/,
  ],
  [
    "a second hard link",
    (home) => Deno.linkSync(home.config, beside(home, "b")),
    undefined,
    /second hard link/,
  ],
  [
    "a folder",
    (home) => {
      Deno.removeSync(home.config);
      Deno.mkdirSync(home.config);
    },
    /it is not a file/,
    /it is not a file/,
  ],
  [
    "a pipe",
    (home) => {
      Deno.removeSync(home.config);
      new Deno.Command("mkfifo", { args: ["-m", "600", home.config] }).outputSync();
    },
    /it is not a file/,
    /it is not a file/,
  ],
];

Deno.test("readConfig() and editConfig() look at whose file it is", async (t) => {
  for (const [what, make, read, edit] of PLACES) {
    await t.step(what, async () => {
      using box = boxWith(TEXT);
      make(box.home);
      if (read === undefined) readConfig(box.home);
      else assert.match((await failure(() => readConfig(box.home))).message, read);
      const before = picture(box);
      const change = () => editConfig(box.home, (config) => withValue(config, ["b"], 2));
      if (edit === undefined) {
        await change();
        assert.equal(Deno.readTextFileSync(box.home.config).replaceAll(/\s/g, ""), '{"a":1.0,"b":2}');
        return;
      }
      const { message, hint } = await fails("refused", change);
      assert.match(message, edit);
      assert.ok(hint!.includes(box.home.config), hint!);
      assert.deepEqual(picture(box), before);
    });
  }
});

testWith(["setpriv"], "readConfig() and editConfig() refuse a file of another user", async () => {
  using box = boxWith(TEXT);
  Deno.chownSync(box.home.config, 4321, null);
  await fails("refused", () => readConfig(box.home));
  await fails("refused", () => editConfig(box.home, () => "{}"));
  assert.equal(Deno.readTextFileSync(box.home.config), TEXT);
});

Deno.test("editConfig() makes the file, private, when there is none", async () => {
  using box = vaultBox();
  await editConfig(box.home, (config) => withValue(config, ["a"], 1));
  assert.deepEqual(JSON.parse(Deno.readTextFileSync(box.home.config)), { a: 1 });
  assert.equal(Deno.statSync(box.home.config).mode! & 0o777, 0o600);
  assert.deepEqual(namesIn(box.home.folder), ["config.json", "vault.lock"]);
});

Deno.test("editConfig() writes nothing when the text stays, the edit throws or the file is broken", async (t) => {
  const rows: [what: string, content: string, edit: () => Promise<unknown> | unknown][] = [
    ["the same text", TEXT, () => TEXT],
    ["an error", TEXT, () => assert.fail("of the test")],
    ["a broken file", "{", () => assert.fail("it must not be asked")],
  ];
  for (const [what, content, edit] of rows) {
    await t.step(what, async () => {
      using box = boxWith(content);
      const { ino } = Deno.statSync(box.home.config);
      await editConfig(box.home, edit as () => string).catch(() => {});
      assert.equal(Deno.readTextFileSync(box.home.config), content);
      assert.equal(Deno.statSync(box.home.config).ino, ino);
      assert.deepEqual(namesIn(box.home.folder), ["config.json", "vault.lock"]);
    });
  }
  await t.step("nor makes a file for the same empty text", async () => {
    using box = vaultBox();
    await editConfig(box.home, ({ text }) => text);
    assert.deepEqual(namesIn(box.home.folder), ["vault.lock"]);
  });
});

Deno.test("editConfig() leaves the old file when the new one can't be written", async () => {
  using box = boxWith(TEXT);
  Deno.mkdirSync(beside(box.home, "config.json.new/full"), { recursive: true });
  await fails("vault_unavailable", () => editConfig(box.home, () => "{}"));
  assert.equal(Deno.readTextFileSync(box.home.config), TEXT);
  Deno.removeSync(beside(box.home, "config.json.new"), { recursive: true });
  await editConfig(box.home, () => "{}");
  assert.equal(Deno.readTextFileSync(box.home.config), "{}");
});

Deno.test("editConfig() keeps what another program writes between its read and its rename", async (t) => {
  // Of another length each time, since files have the same times within a tick of the kernel's clock.
  let count = 0;
  const foreign = () => `{"foreign": 1${" ".repeat(++count)}}`;
  const rows: [what: string, write: (path: string) => void][] = [
    ["in place", (path) => Deno.writeTextFileSync(path, foreign())],
    ["by a rename", (path) => {
      Deno.writeTextFileSync(path + ".other", foreign(), { mode: 0o600 });
      Deno.renameSync(path + ".other", path);
    }],
  ];
  for (const [what, write] of rows) {
    for (const text of [undefined, TEXT]) {
      for (const times of [1, 3]) {
        await t.step(
          `${what}, ${times} times, over ${text === undefined ? "no file" : "a file"}`,
          async () => {
            using box = text === undefined ? vaultBox() : boxWith(text);
            let calls = 0;
            await editConfig(box.home, (config) => {
              if (calls++ < times) write(box.home.config);
              return withValue(config, ["b"], 2);
            });
            assert.equal(calls, times + 1);
            assert.deepEqual(JSON.parse(Deno.readTextFileSync(box.home.config)), { foreign: 1, b: 2 });
            assert.deepEqual(namesIn(box.home.folder), ["config.json", "vault.lock"]);
          },
        );
      }
    }
  }
  await t.step("nor makes again what was removed", async () => {
    using box = boxWith(TEXT);
    let calls = 0;
    await editConfig(box.home, ({ text }) => {
      if (calls++ === 0) Deno.removeSync(box.home.config);
      return calls === 1 ? "{}" : text;
    });
    assert.equal(calls, 2);
    assert.deepEqual(namesIn(box.home.folder), ["vault.lock"]);
  });
});

Deno.test("editConfig() loses nothing when many edit at once", async () => {
  using box = vaultBox();
  const names = Array.from({ length: 24 }, (_, i) => `n${i}`);
  const edit = (name: string) => editConfig(box.home, (config) => withValue(config, [name], 1));
  await Promise.all(names.map(edit));
  assert.deepEqual(Object.keys(JSON.parse(Deno.readTextFileSync(box.home.config))).sort(), names.sort());
});

function boxWith(text: string): VaultBox {
  const box = vaultBox();
  Deno.mkdirSync(box.home.folder, { mode: 0o700 });
  Deno.writeTextFileSync(box.home.config, text, { mode: 0o600 });
  return box;
}

async function failure(work: () => unknown): Promise<Error> {
  try {
    await work();
  } catch (error) {
    assert.ok(error instanceof Error && error.name === "AppError", String(error));
    return error;
  }
  assert.fail("it did not fail");
}

/** The files as they are, apart from the lock, which is made when it is needed. */
function picture({ home }: VaultBox): unknown[] {
  return namesIn(home.folder).filter((name) => name !== "vault.lock").map((name) => {
    const { ino, mode, nlink, size, mtime, isSymlink } = Deno.lstatSync(beside(home, name));
    return { name, ino, mode, nlink, size, mtime, isSymlink };
  });
}
