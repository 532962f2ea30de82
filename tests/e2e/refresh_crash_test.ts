import assert from "node:assert/strict";
import { join } from "node:path";
import { assertRun, listLogins, logInByCode } from "../support/login_run.ts";
import { testWith } from "../support/needs.ts";
import type { Fault } from "../support/vendors/faults.ts";
import { type LoginScene, startLoginScene } from "../support/vendors/login_scene.ts";
import { DUE, seed, type Seen, seen } from "../support/vendors/seed.ts";

const NEEDS = ["compile", "namespace", "openssl"] as const;
const ID = "openai-oauth";
const TEST = ["providers", "test", ID] as const;
const FILES = ["", "vault.json", "vault.json.new", "vault.lock", `refresh-${ID}.lock`];

/** What a killed refresh left. */
type End =
  /** Nothing was asked for. */
  | "not begun"
  /** The token is spent, and what came for it is lost. */
  | "lost"
  | "stored";

/**
 * Fails unless the login is as good as before, or the next use says that it is over; and every later use, and the
 * listing, say so too without asking the service again.
 */
async function checkEnd(scene: LoginScene, before: Seen, wasAsked: boolean): Promise<End> {
  const { box, codex } = scene;
  const left = (await seen(box, ID))!;
  const end = !wasAsked ? "not begun" : left.access === before.access ? "lost" : "stored";
  const { refresh } = codex.counts;
  const next = await box.run(TEST);
  if (end !== "lost") {
    assert.equal(next.code, 0, next.stdout + next.stderr);
    assert.equal(codex.counts.refresh, end === "stored" ? refresh : refresh + 1);
    return end;
  }
  assert.equal(left.refresh, before.refresh);
  assert.equal(next.code, 3, next.stdout + next.stderr);
  assert.match(next.stdout, /rejected\t.*was used before.*broken off.*: agentgazer login openai-oauth\n/);
  assert.equal(codex.counts.refresh, refresh + 1);
  const { lastError } = (await seen(box, ID))!.fields;
  assert.ok(lastError!.permanent && Date.parse(lastError!.at) > Date.now() - 60_000, lastError!.at);
  return end;
}

/** Lets a refresh be killed, and gives what it left. */
async function killed(
  scene: LoginScene,
  wrapper: readonly string[],
): Promise<{ readonly code: number; readonly end: End }> {
  const before = await seed(scene, ID, DUE);
  const { refresh } = scene.codex.counts;
  const { code } = await scene.box.run(TEST, { wrapper });
  return { code, end: await checkEnd(scene, before, scene.codex.counts.refresh > refresh) };
}

async function assertListed({ box }: LoginScene): Promise<void> {
  const [row] = JSON.parse((await box.run(["providers", "list", "--json"])).stdout);
  assert.equal(row.status, "refresh-failed");
  assert.match(row.lastError.message, /was used before, by another program or in an attempt/);
  assert.match(row.lastError.at, /^\d{4}-\d\d-\d\dT/);
  const text = (await box.run(["providers", "list"])).stdout;
  assert.ok(text.includes(`${row.lastError.message} (${row.lastError.at})`), text);
}

testWith(
  [...NEEDS, "strace"],
  "kill -9 at each system call of a refresh leaves no silently dead login",
  async (t) => {
    await using scene = await startLoginScene();
    const paths = FILES.flatMap((name) => ["-P", join(scene.box.home, name)]);
    const ends: End[] = [];
    for (const call of ["flock", "openat", "write", "fsync", "rename"]) {
      await t.step(call, async () => {
        for (let when = 1;; when++) {
          const inject = ["-e", `trace=${call}`, "-e", `inject=${call}:signal=KILL:when=${when}`];
          const wrapper = ["strace", "-qq", "-o", "/dev/null", ...paths, ...inject];
          const { code, end } = await killed(scene, wrapper);
          if (code === 0) break;
          ends.push(end);
        }
      });
    }
    assert.deepEqual([...new Set(ends)].sort(), ["lost", "not begun", "stored"]);
  },
);

/** What a stand-in does at the moment of a kill. */
type Moment = (kill: () => void) => Fault;

const NOTHING_DONE: Moment = (kill) => () => {
  kill();
  return new Response(null, { status: 503 });
};

const NOTHING_SENT: Moment = (kill) => async (answer) => {
  const response = await answer();
  kill();
  return response;
};

/** The kill comes so many milliseconds after the answer; the tokens are stored after some sixty. */
function after(milliseconds: number): Moment {
  return (kill) => async (answer) => {
    const response = await answer();
    setTimeout(kill, milliseconds);
    return response;
  };
}

/** Lets a refresh be killed at a moment. */
async function killedAt(scene: LoginScene, moment: Moment): Promise<Seen> {
  const { box, codex } = scene;
  const before = await seed(scene, ID, DUE);
  await using running = box.spawn(TEST);
  codex.traps.refresh = moment(() => running.kill("SIGKILL"));
  await running.ended;
  delete codex.traps.refresh;
  return before;
}

testWith(NEEDS, "kill -9 while a refresh is answered leaves no silently dead login, 50 times", async (t) => {
  await using scene = await startLoginScene();
  await t.step("before the service did anything", async () => {
    assert.equal(await checkEnd(scene, await killedAt(scene, NOTHING_DONE), false), "not begun");
  });
  await t.step("when the token is spent and nothing was sent", async () => {
    for (let round = 0; round < 3; round++) {
      assert.equal(await checkEnd(scene, await killedAt(scene, NOTHING_SENT), true), "lost");
    }
  });
  await t.step("while the answer is sent, read and stored", async () => {
    for (let round = 0; round < 47; round++) {
      await checkEnd(scene, await killedAt(scene, after(1.5 * round)), true);
    }
  });
});

testWith(NEEDS, "a login that a crash ended is shown as that, and a new login works", async () => {
  await using scene = await startLoginScene();
  const { box, codex } = scene;
  codex.settings.interval = "2";
  await killedAt(scene, NOTHING_SENT);
  // Before anybody used it again.
  assert.equal((await listLogins(box))[0]!.status, "logged-in");
  assert.equal((await box.run(TEST)).code, 3);
  await assertListed(scene);
  const { refresh } = codex.counts;
  assert.equal((await box.run(TEST)).code, 3);
  assert.equal(codex.counts.refresh, refresh);
  assertRun(scene, await logInByCode(box, [ID, "--device"], () => codex.approveDevice()), 0, /logged in to/);
  assert.equal((await box.run(TEST)).code, 0);
  assert.equal((await listLogins(box))[0]!.status, "logged-in");
});
