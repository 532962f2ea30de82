import assert from "node:assert/strict";
import { withLock } from "../../../lib/vault/lock.ts";
import { fails } from "../../support/failure.ts";
import { type TemporaryFolder, temporaryFolder } from "../../support/temporary_folder.ts";

/** Takes the lock file it is given, says so, and keeps it until its stdin ends. */
const HOLDER = `
const file = Deno.openSync(Deno.args[0], { read: true, write: true, create: true, mode: 0o600 });
file.lockSync(true);
console.log("held");
for await (const _ of Deno.stdin.readable);
file.close();
`;

Deno.test("withLock() makes a private, empty file and gives what the work gives", async () => {
  using folder = temporaryFolder();
  const path = folder.at("vault.lock");
  assert.equal(await withLock(path, () => Promise.resolve(42)), 42);
  const { mode, size } = Deno.statSync(path);
  assert.deepEqual([mode! & 0o777, size], [0o600, 0]);
});

Deno.test("withLock() lets one work at a time, and all in the end", async () => {
  using folder = temporaryFolder();
  let inside = 0;
  let most = 0;
  const work = async () => {
    most = Math.max(most, ++inside);
    await turn();
    inside--;
  };
  await Promise.all(Array.from({ length: 20 }, () => withLock(folder.at("lock"), work)));
  assert.equal(most, 1);
});

Deno.test("withLock() frees the lock when the work throws", async (t) => {
  using folder = temporaryFolder();
  const works: [how: string, work: () => Promise<never>][] = [
    ["later", () => Promise.reject(new Error("of the test"))],
    ["at once", () => {
      throw new Error("of the test");
    }],
  ];
  for (const [how, work] of works) {
    await t.step(how, async () => {
      await assert.rejects(withLock(folder.at("lock"), work), { message: "of the test" });
      assert.ok(isFree(folder.at("lock")));
    });
  }
});

Deno.test("withLock() waits for another process that holds it", async (t) => {
  using folder = temporaryFolder();
  const path = folder.at("lock");
  const ends: [how: string, end: (holder: Deno.ChildProcess) => unknown][] = [
    ["frees it", (holder) => holder.stdin.close()],
    ["is killed", (holder) => holder.kill("SIGKILL")],
  ];
  for (const [how, end] of ends) {
    await t.step(`until that ${how}`, async () => {
      const holder = await startHolder(path);
      const events: string[] = [];
      const done = withLock(path, () => Promise.resolve(events.push("entered")));
      for (let i = 0; i < 5; i++) await turn();
      assert.equal(isFree(path), false);
      events.push("ended");
      await end(holder);
      await done;
      assert.deepEqual(events, ["ended", "entered"]);
      await holder.status;
      await holder.stdout.cancel();
      if (how === "is killed") await holder.stdin.close().catch(() => {});
    });
  }
});

const TIMEOUTS: [what: string, timeout: number | undefined, step: number, looks: number, said: string][] = [
  ["ten seconds", undefined, 4000, 4, "10 seconds"],
  ["ten seconds and no sooner", undefined, 10_000, 3, "10 seconds"],
  ["the time that it is given, if that is longer", 60_000, 4000, 17, "60 seconds"],
  ["the time that it is given, if that is shorter", 500, 400, 3, "0.5 seconds"],
  ["the time that it is given, if that is none", 0, 1, 2, "0 seconds"],
];

Deno.test("withLock() gives up after …", async (t) => {
  for (const [what, timeout, step, looks, said] of TIMEOUTS) {
    await t.step(what, async () => {
      using folder = temporaryFolder();
      const path = folder.at("lock");
      const now = performance.now();
      await withLock(path, async () => {
        let reads = 0;
        // Every look at the clock is so much later than the one before.
        performance.now = () => now + step * reads++;
        try {
          const { message, hint } = await fails(
            "vault_unavailable",
            () => withLock(path, unreachable, timeout),
          );
          assert.ok(message.endsWith(`another agentgazer has held it for ${said}`), message);
          assert.match(hint!, /try again/);
          assert.equal(reads, looks);
        } finally {
          Reflect.deleteProperty(performance, "now");
        }
      });
      assert.ok(isFree(path));
    });
  }
});

Deno.test("withLock() does not wait for the time that it is given when the lock is free", async () => {
  using folder = temporaryFolder();
  assert.equal(await withLock(folder.at("lock"), () => Promise.resolve(42), 0), 42);
});

const PLANTED: [what: string, plant: (path: string, folder: TemporaryFolder) => unknown][] = [
  ["a link", (path, folder) => {
    Deno.writeTextFileSync(folder.at("victim"), "", { mode: 0o600 });
    Deno.symlinkSync("victim", path);
  }],
  ["a dangling link", (path) => Deno.symlinkSync("nowhere", path)],
  ["a hard link", (path, folder) => {
    Deno.writeTextFileSync(folder.at("victim"), "", { mode: 0o600 });
    Deno.linkSync(folder.at("victim"), path);
  }],
  ["a folder", (path) => Deno.mkdirSync(path)],
  ["a pipe", (path) => new Deno.Command("mkfifo", { args: ["-m", "600", path] }).outputSync()],
  ["a file that others may open", (path) => {
    Deno.writeTextFileSync(path, "");
    Deno.chmodSync(path, 0o644);
  }],
];

Deno.test("withLock() refuses a lock file that is not a private file, and does no work", async (t) => {
  for (const [what, plant] of PLANTED) {
    await t.step(what, async () => {
      using folder = temporaryFolder();
      plant(folder.at("lock"), folder);
      const before = Deno.lstatSync(folder.at("lock"));
      await fails("refused", () => withLock(folder.at("lock"), unreachable));
      const after = Deno.lstatSync(folder.at("lock"));
      assert.deepEqual([after.ino, after.mode, after.nlink], [before.ino, before.mode, before.nlink]);
      assert.throws(() => Deno.lstatSync(folder.at("nowhere")), Deno.errors.NotFound);
    });
  }
});

Deno.test("withLock() says why when there is no folder for the lock", async () => {
  using folder = temporaryFolder();
  const work = () => withLock(folder.at("missing", "lock"), unreachable);
  assert.match(
    (await fails("vault_unavailable", work)).message,
    /^Cannot lock .*: no such file or directory$/,
  );
});

async function startHolder(path: string): Promise<Deno.ChildProcess> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["eval", "-q", HOLDER, path],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const reader = child.stdout.getReader();
  assert.equal(new TextDecoder().decode((await reader.read()).value), "held\n");
  reader.releaseLock();
  return child;
}

function isFree(path: string): boolean {
  using file = Deno.openSync(path, { read: true, write: true });
  return file.tryLockSync(true);
}

Deno.test("withLock() does not take a lock file that was replaced while it waited for the lock", async () => {
  using folder = temporaryFolder();
  const path = folder.at("lock");
  const order: string[] = [];
  const started = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  const first = withLock(path, () => {
    started.resolve();
    return release.promise;
  });
  await started.promise;
  const second = withLock(path, () => Promise.resolve(void order.push("second")));
  Deno.removeSync(path);
  using other = Deno.openSync(path, { read: true, write: true, createNew: true, mode: 0o600 });
  other.lockSync(true);
  const now = performance.now();
  let looks = 0;
  const tried = Promise.withResolvers<void>();
  // Whoever waits for a lock looks at the clock at every try.
  performance.now = () => {
    if (looks === 2) tried.resolve();
    return now + looks++;
  };
  try {
    release.resolve();
    await first;
    await Promise.race([tried.promise, second]);
  } finally {
    Reflect.deleteProperty(performance, "now");
  }
  order.push("other");
  other.unlockSync();
  await second;
  assert.deepEqual(order, ["other", "second"]);
});

/** One turn of the event loop. */
function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

function unreachable(): never {
  throw new Error("the work must not begin");
}
