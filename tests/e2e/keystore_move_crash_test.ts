import assert from "node:assert/strict";
import { join } from "node:path";
import { type KeyringBox, keyringBox } from "../support/keyring_box.ts";
import { testWith } from "../support/needs.ts";

const KEYS = { openai: "sk-proj-one", mistral: "another-0123456789abcdef", google: "AIza-third-0123456789" };
const FILES = ["", "vault.json", "vault.json.new", "machine.key", "machine.key.new"];

/** At which calls a move is killed: at every end of a child, and at each one that changes the vault's files. */
const CALLS: readonly (readonly [from: "libsecret" | "machine", to: "libsecret" | "machine", string[]])[] = [
  ["libsecret", "machine", ["wait4", "write", "fsync", "rename"]],
  ["machine", "libsecret", ["wait4", "write", "fsync", "rename", "unlink"]],
];

async function makeVault(): Promise<KeyringBox> {
  const box = await keyringBox();
  for (const [id, stdin] of Object.entries(KEYS)) {
    assert.equal((await box.run(["providers", "set", id], { stdin })).code, 0);
  }
  return box;
}

/** Whatever happened, everything opens, with the one key or the other. */
async function assertOpens({ opened }: KeyringBox, where: string): Promise<void> {
  assert.deepEqual(await opened(...Object.keys(KEYS)), Object.values(KEYS), where);
}

async function moveTo(box: KeyringBox, to: "libsecret" | "machine"): Promise<void> {
  await box.vault().move(to);
  assert.equal(box.recorded().backend, to);
}

function killedAt({ box }: KeyringBox, call: string, when: number): string[] {
  const paths = call === "wait4" ? [] : FILES.flatMap((name) => ["-P", join(box.home, name)]);
  const inject = ["-e", `trace=${call}`, "-e", `inject=${call}:signal=KILL:when=${when}`];
  // Not its children: the calls are made by its first thread.
  return ["strace", "-qq", "-o", "/dev/null", ...paths, ...inject];
}

for (const [from, to, calls] of CALLS) {
  testWith(
    ["compile", "libsecret", "strace"],
    `keystore move: kill -9 at each system call on the way to ${to} loses nothing`,
    async (t) => {
      await using box = await makeVault();
      const ended = new Set<string>();
      for (const call of calls) {
        await t.step(call, async () => {
          for (let when = 1;; when++) {
            await moveTo(box, from);
            const wrapper = killedAt(box, call, when);
            const { code } = await box.run(["keystore", "move", "--to", to], { wrapper });
            await assertOpens(box, `${call} ${when}`);
            ended.add(box.recorded().backend);
            // There are no further calls to be killed at.
            if (code !== 0) continue;
            assert.ok(when > 1, "no run was killed");
            break;
          }
        });
      }
      await t.step("and a later move finishes the work", async () => {
        assert.deepEqual([...ended].sort(), ["libsecret", "machine"]);
        await moveTo(box, "libsecret");
        // What a killed move left opens nothing, and is not in the way.
        const { id } = box.recorded();
        assert.ok((await box.accounts()).includes(id));
        await moveTo(box, "machine");
        assert.ok(!(await box.accounts()).includes(id));
        await assertOpens(box, "at the end");
      });
    },
  );
}

testWith(
  ["compile", "libsecret"],
  "keystore move: kill -9 at any moment loses nothing, 30 times",
  async () => {
    await using box = await makeVault();
    const other = () => box.recorded().backend === "machine" ? "libsecret" : "machine";
    const duration = { libsecret: 0, machine: 0 };
    for (let i = 0; i < 4; i++) {
      const [to, started] = [other(), performance.now()] as const;
      assert.equal((await box.run(["keystore", "move", "--to", to])).code, 0);
      duration[to] = performance.now() - started;
    }
    let killed = 0;
    for (let round = 0; round < 30; round++) {
      const to = other();
      const delay = duration[to] * (0.2 + Math.random()) / 1000;
      const wrapper = ["timeout", "--foreground", "-s", "KILL", delay.toFixed(4)];
      const { code } = await box.run(["keystore", "move", "--to", to], { wrapper });
      if (code !== 0) killed++;
      await assertOpens(box, `round ${round}`);
    }
    assert.ok(killed > 5, `only ${killed} were killed before they ended`);
  },
);
