import assert from "node:assert/strict";
import { join } from "node:path";
import { PROVIDERS } from "../../lib/providers/table.ts";
import { testWith } from "../support/needs.ts";
import { type Box, makeBox, type Run } from "../support/program.ts";
import { canaryKey, type Scene, startScene } from "../support/scene.ts";

const NEEDS = ["compile", "namespace", "openssl"] as const;

const KEYED = PROVIDERS.filter((provider) => provider.auth === "api-key").map(({ id }) => id);

testWith(["compile"], "forty processes change the vault at once and nothing is lost", async () => {
  await using box = await makeBox();
  const names = Array.from({ length: 40 }, (_, i) => `client-${i}`);
  const runs: Promise<Run>[] = [];
  for (const [i, name] of names.entries()) {
    runs.push(box.run(["clients", "add", name]));
    const id = KEYED[i];
    if (id !== undefined) runs.push(box.run(["providers", "set", id], { stdin: canaryKey(id) }));
  }
  for (const { code, stderr } of await Promise.all(runs)) assert.equal(code, 0, stderr);
  const listed = async (what: string) => JSON.parse((await box.run([what, "list", "--json"])).stdout);
  const clients: { name: string }[] = await listed("clients");
  assert.deepEqual(clients.map(({ name }) => name), names.toSorted());
  const providers: { id: string }[] = await listed("providers");
  assert.deepEqual(providers.map(({ id }) => id), KEYED);
  assert.deepEqual(files(box), ["machine.key", "vault.json", "vault.lock"]);
});

testWith(NEEDS, "kill -9 in the middle of a write leaves the old or the new value, 200 times", async () => {
  await using scene = await startScene(["openai"]);
  const { box } = scene;
  let [value, killed, duration] = ["sk-proj-first", 0, Infinity];
  for (let i = 0; i < 4; i++) {
    const started = performance.now();
    assert.equal((await set(box, value)).code, 0);
    duration = Math.min(duration, performance.now() - started);
  }
  for (let round = 0; round < 200; round++) {
    // Most of a run is the start of the program; the write is in its second half.
    const delay = duration * (0.4 + 0.7 * Math.random());
    const wrapper = ["timeout", "--foreground", "-s", "KILL", (delay / 1000).toFixed(4)];
    const attempted = `sk-proj-${round}`;
    const { code } = await box.run(["providers", "set", "openai"], { stdin: attempted, wrapper });
    if (code !== 0) killed++;
    // Other tests make the machine slower and faster.
    duration *= code === 0 ? 0.98 : 1.01;
    const now = await storedKey(scene);
    assert.ok(code === 0 ? now === attempted : [value, attempted].includes(now), `round ${round}: ${code}`);
    value = now;
  }
  assert.ok(killed > 20, `only ${killed} runs were killed before they ended`);
  await assertTidy(box);
});

testWith(
  [...NEEDS, "strace"],
  "kill -9 at each system call of a write leaves the old or the new value",
  async (t) => {
    await using scene = await startScene(["openai"]);
    const { box } = scene;
    for (const call of ["openat", "write", "fsync", "rename", "close", "flock"]) {
      await t.step(call, async () => {
        let killed = 0;
        for (const when of [1, 2, 3, 4]) {
          const before = await storedKey(scene);
          // Only calls on the vault's files count.
          const paths = ["vault.json", "vault.json.new", "vault.lock", ""].flatMap((
            name,
          ) => ["-P", join(box.home, name)]);
          const inject = ["-e", `trace=${call}`, "-e", `inject=${call}:signal=KILL:when=${when}`];
          const wrapper = ["strace", "-f", "-qq", "-o", "/dev/null", ...paths, ...inject];
          const attempted = `sk-proj-${call}${when}`;
          const { code } = await box.run(["providers", "set", "openai"], { stdin: attempted, wrapper });
          if (code !== 0) killed++;
          const now = await storedKey(scene);
          assert.ok(code === 0 ? now === attempted : [before, attempted].includes(now));
        }
        assert.ok(killed > 0, "no run was killed");
      });
    }
    await assertTidy(box);
  },
);

testWith(
  ["compile", "strace"],
  "a write is on the disk before and after it takes the place of the old file",
  async () => {
    await using box = await makeBox();
    await set(box, "sk-proj-first");
    const trace = join(box.folder, "trace");
    const paths = ["vault.json", "vault.json.new", ""].flatMap((name) => ["-P", join(box.home, name)]);
    const wrapper = [
      "strace",
      "-f",
      "-y",
      "-qq",
      "-o",
      trace,
      ...paths,
      "-e",
      "trace=openat,write,fsync,rename",
    ];
    assert.equal((await box.run(["providers", "set", "openai"], { stdin: "sk-proj-next", wrapper })).code, 0);
    const calls = [...(await Deno.readTextFile(trace)).matchAll(/ (openat|write|fsync|rename)\((.*)/g)]
      .filter(([, call, rest]) => call !== "openat" || rest!.includes("O_EXCL"))
      .map(([, call, rest]) => `${call} ${/\.agentgazer(\/[\w.]+)?/.exec(rest!)?.[0]}`);
    assert.deepEqual(calls, [
      "openat .agentgazer/vault.json.new",
      "write .agentgazer/vault.json.new",
      "fsync .agentgazer/vault.json.new",
      "rename .agentgazer/vault.json.new",
      "fsync .agentgazer",
    ]);
  },
);

testWith(["compile", "namespace"], "another machine-id does not open the vault", async () => {
  await using box = await makeBox();
  await set(box, "sk-proj-x");
  await box.run(["clients", "add", "one"]);
  const other = join(box.folder, "machine-id");
  await Deno.writeTextFile(other, "0123456789abcdef0123456789abcdef\n");
  const before = await Deno.readFile(join(box.home, "vault.json"));
  const wrapper = ["unshare", "-m", "sh", "-c", 'mount --bind "$0" /etc/machine-id && exec "$@"', other];
  const run = await box.run(["providers", "set", "openai"], { stdin: "sk-proj-y", wrapper });
  assert.equal(run.code, 5);
  assert.match(run.stderr, /vault\.json: it was made on another machine\n/);
  assert.deepEqual(await Deno.readFile(join(box.home, "vault.json")), before);
  assert.equal((await set(box, "sk-proj-y")).code, 0);
});

testWith(["compile", "namespace"], "a machine without a machine-id is recorded as not bound", async () => {
  for (const content of ["", "uninitialized\n", "0".repeat(32) + "\n"]) {
    await using box = await makeBox();
    const other = join(box.folder, "machine-id");
    await Deno.writeTextFile(other, content);
    const mounts = 'mount --bind "$0" /etc/machine-id; mount --bind "$0" /var/lib/dbus/machine-id; exec "$@"';
    const wrapper = ["unshare", "-m", "sh", "-c", mounts, other];
    const run = await box.run(["providers", "set", "openai"], { stdin: "sk-proj-y", wrapper });
    assert.equal(run.code, 0, run.stderr);
    const vault = JSON.parse(await Deno.readTextFile(join(box.home, "vault.json")));
    assert.equal(vault.key.bound.machine, null);
    assert.equal((await set(box, "sk-proj-z")).code, 0);
  }
});

testWith(["compile", "setpriv"], "another user does not open a copied vault", async () => {
  await using box = await makeBox();
  await set(box, "sk-proj-x");
  const as = (uid: number) => ["setpriv", "--reuid", String(uid), "--clear-groups"];
  for (
    const path of [
      box.folder,
      join(box.folder, "home"),
      box.home,
      ...files(box).map((name) => join(box.home, name)),
    ]
  ) {
    await Deno.chown(path, 4321, null);
  }
  const run = await box.run(["providers", "set", "openai"], { stdin: "sk-proj-y", wrapper: as(4321) });
  assert.equal(run.code, 5);
  assert.match(run.stderr, /made by another user \("root", not (id 4321|".*")\)/);
  const foreign = await box.run(["providers", "list"], { wrapper: as(4322) });
  assert.notEqual(foreign.code, 0);
  const root = await set(box, "sk-proj-y");
  assert.equal(root.code, 6);
  assert.match(root.stderr, /belongs to another user \(id 4321\)\n.*hint: run it as that user/);
});

testWith(["compile"], "a lost or foreign machine.key is named, and nothing is overwritten", async (t) => {
  await using box = await makeBox();
  await set(box, "sk-proj-x");
  const key = join(box.home, "machine.key");
  const good = await Deno.readFile(key);
  await t.step("lost", async () => {
    await Deno.remove(key);
    const run = await set(box, "sk-proj-y");
    assert.equal(run.code, 5);
    assert.match(run.stderr, /machine\.key is missing/);
    assert.deepEqual(files(box), ["vault.json", "vault.lock"]);
  });
  await t.step("another", async () => {
    await Deno.writeFile(key, good.map((byte) => byte ^ 1), { mode: 0o600 });
    const run = await set(box, "sk-proj-y");
    assert.equal(run.code, 5);
    assert.match(run.stderr, /machine\.key is not the key file/);
  });
  await t.step("put back", async () => {
    await Deno.writeFile(key, good, { mode: 0o600 });
    assert.equal((await set(box, "sk-proj-y")).code, 0);
  });
});

testWith(["compile"], "the sealed program follows no links to the vault", async (t) => {
  await using box = await makeBox();
  await set(box, "sk-proj-x");
  const vault = join(box.home, "vault.json");
  const elsewhere = join(box.folder, "elsewhere.json");
  const rows: [name: string, make: () => Promise<void>, undo: () => Promise<void>][] = [
    ["a link", async () => {
      await Deno.rename(vault, elsewhere);
      await Deno.symlink(elsewhere, vault);
    }, () => Deno.rename(elsewhere, vault)],
    ["a second hard link", () => Deno.link(vault, elsewhere), () => Deno.remove(elsewhere)],
    ["open to others", () => Deno.chmod(vault, 0o644), () => Deno.chmod(vault, 0o600)],
    ["open to the group", () => Deno.chmod(vault, 0o640), () => Deno.chmod(vault, 0o600)],
  ];
  for (const [name, make, undo] of rows) {
    await t.step(name, async () => {
      await make();
      for (const args of [["providers", "list"], ["env"], ["start"]]) {
        const run = await box.run(args);
        assert.equal(run.code, 6, run.stderr);
        assert.match(run.stderr, /hint: /);
      }
      assert.equal((await set(box, "sk-proj-y")).code, 6);
      await undo();
      assert.equal((await set(box, "sk-proj-z")).code, 0);
    });
  }
  await t.step("a link in place of the temporary file is replaced, not followed", async () => {
    const victim = join(box.folder, "victim");
    await Deno.writeTextFile(victim, "untouched");
    await Deno.symlink(victim, vault + ".new");
    assert.equal((await set(box, "sk-proj-z")).code, 0);
    assert.equal(await Deno.readTextFile(victim), "untouched");
    assert.equal((await Deno.lstat(vault)).isSymlink, false);
  });
});

function set(box: Box, key: string): Promise<Run> {
  return box.run(["providers", "set", "openai"], { stdin: key });
}

/** The key that a running proxy sends for OpenAI. */
async function storedKey({ call, providers }: Scene): Promise<string> {
  const answer = await call("/openai/v1/models");
  assert.equal(await answer.text(), '{"ok":true}');
  return providers.takeOne().headers.get("authorization")!.slice("Bearer ".length);
}

/** The next write removes what a killed one left, and no key stands anywhere in the clear. */
async function assertTidy(box: Box): Promise<void> {
  assert.equal((await set(box, "sk-proj-last")).code, 0);
  assert.deepEqual(files(box), ["machine.key", "proxy.json", "vault.json", "vault.lock"]);
  for (const name of files(box)) {
    assert.doesNotMatch(await Deno.readTextFile(join(box.home, name)), /sk-proj/);
  }
}

function files({ home }: Box): string[] {
  return [...Deno.readDirSync(home)].map(({ name }) => name).toSorted();
}
