import assert from "node:assert/strict";
import { failureOf, noSession } from "../../backends/keychain_trouble.ts";
import type { Trouble } from "../../lib/vault/keystore.ts";
import { assertNoCanary, CANARY } from "../support/canary.ts";
import { atOnce, keychain, shellScript } from "../support/keychain.ts";
import { type Action, type Security, startSecurity } from "../support/security/fixture.ts";
import { temporaryFolder } from "../support/temporary_folder.ts";

type State = Trouble["state"];

/** The OSStatus (SecBase.h), the exit code that is left of it, and what it means. */
const STATUSES: [name: string, status: number, code: number, state: State][] = [
  ["a failure of the tool", 1, 1, "unavailable"],
  ["wrong usage", 2, 2, "unavailable"],
  ["errSecInDarkWake", -25320, 24, "unavailable"],
  ["errSecInteractionRequired", -25315, 29, "locked"],
  ["errSecInteractionNotAllowed", -25308, 36, "locked"],
  ["errSecNoDefaultKeychain", -25307, 37, "unavailable"],
  ["errSecDataTooLarge", -25302, 42, "unavailable"],
  ["errSecDuplicateItem", -25299, 45, "denied"],
  ["errSecNoSuchKeychain", -25294, 50, "unavailable"],
  ["errSecAuthFailed", -25293, 51, "denied"],
  ["errSecNotAvailable", -25291, 53, "unavailable"],
  ["userCanceledErr", -128, 128, "declined"],
  ["no session", 154, 154, "unavailable"],
  ["the largest code", 255, 255, "unavailable"],
];

/** A Keychain with one item, in which one step fails. */
function failing(action: Action, status: number): Security {
  const security = startSecurity({ mode: { [action]: status } });
  security.put("app", "me", new TextEncoder().encode("agz1:old"));
  return security;
}

function assertTrouble(trouble: unknown, state: State, code: number): void {
  const { reason, hint, ...rest } = trouble as Trouble;
  assert.deepEqual(rest, { state });
  assert.match(reason, /^Cannot .*[^.]$/);
  assert.notEqual(hint, "");
  assert.equal(/exit code/.test(reason), [1, 2, 42, 255].includes(code), reason);
  if (reason.includes("exit code")) assert.ok(reason.endsWith(` ${code}`), reason);
}

Deno.test("keychainItems() types every exit code of a read", async (t) => {
  await atOnce(t, STATUSES, ([name]) => name, async ([, status, code, state]) => {
    using security = failing("read", status);
    assertTrouble(await keychain(security).read("app", "me"), state, code);
  });
});

Deno.test("keychainItems() types every exit code of a write", async (t) => {
  await atOnce(t, STATUSES, ([name]) => name, async ([, status, code, state]) => {
    using security = failing("add", status);
    assertTrouble(await keychain(security).write("app", "me", "agz1:new"), state, code);
    assert.equal(new TextDecoder().decode(security.items()[0]!.secret), "agz1:old");
  });
});

Deno.test("keychainItems() types the exit codes of a search and of a removal", async (t) => {
  const rows = STATUSES.filter(([, , code]) => [2, 36, 51, 128, 154].includes(code));
  await atOnce(t, rows, ([name]) => name, async ([, status, code, state]) => {
    using search = failing("search", status);
    assertTrouble(await keychain(search).read("app", "me"), state, code);
    using removal = failing("delete", status);
    assertTrouble(await keychain(removal).remove("app", "me"), state, code);
    assert.equal(removal.items().length, 1);
  });
});

Deno.test("keychainItems() takes a failed update for denied, whatever refused it", async (t) => {
  await atOnce(t, [-25293, -25308, -128], String, async (status) => {
    using security = failing("update", status);
    assertTrouble(await keychain(security).write("app", "me", "agz1:new"), "denied", 45);
    assert.equal(await keychain(security).write("app", "you", "agz1:new"), undefined);
  });
});

Deno.test("failureOf() takes one exit code only for absent", () => {
  for (let code = 1; code <= 255; code++) {
    const { state } = failureOf({ state: "ended", code, stdout: "", stderr: "could not be found" });
    assert.equal(state === "absent", code === 44, `${code}`);
  }
  assert.equal(failureOf({ state: "late" }).state, "locked");
  assert.equal(failureOf({ state: "not_started" }).state, "unavailable");
});

const SAYINGS = [
  "The specified item could not be found in the keychain.",
  "returned -25300",
  "password has been deleted.",
  CANARY,
];

Deno.test("keychainItems() judges by the exit code, whatever is printed, and repeats nothing of it", async (t) => {
  for (const saying of SAYINGS) {
    await t.step(saying === CANARY ? "a secret" : saying, async () => {
      using script = shellScript(`cat; echo '${saying}'; echo '${saying}' >&2; exit 51`);
      const items = keychain(script);
      const results = [
        await items.read("app", "me"),
        await items.write("app", "me", CANARY),
        await items.remove("app", "me"),
      ];
      for (const result of results) {
        assertTrouble(result, "denied", 51);
        assertNoCanary(JSON.stringify(result), "the result");
      }
    });
  }
});

Deno.test("keychainItems() calls a program unavailable that can't be started", async (t) => {
  using folder = temporaryFolder();
  Deno.writeTextFileSync(folder.at("not executable"), "#!/bin/sh\n", { mode: 0o600 });
  Deno.writeTextFileSync(folder.at("no program"), "text", { mode: 0o700 });
  Deno.writeTextFileSync(folder.at("no interpreter"), "#!/nonexistent\n", { mode: 0o700 });
  Deno.symlinkSync("nowhere", folder.at("dangling link"));
  Deno.mkdirSync(folder.at("folder"));
  for (
    const name of ["missing", "not executable", "no program", "no interpreter", "dangling link", "folder"]
  ) {
    await t.step(name, async () => {
      const items = keychain({ path: folder.at(name) });
      const results = [
        await items.read("app", "me"),
        await items.write("app", "me", "x"),
        await items.remove("app", "me"),
      ];
      for (const result of results) {
        assertTrouble(result, "unavailable", 0);
        assert.match((result as Trouble).reason, /can't be started/);
      }
    });
  }
});

const ENDINGS: [what: string, script: string, state: State][] = [
  ["ends at once", "exit 51", "denied"],
  ["closes stdin first", "exec 0<&-; exit 36", "locked"],
  ["reads one byte", "head -c 1 > /dev/null; exit 128", "declined"],
  ["is killed by a signal", "kill -9 $$", "unavailable"],
];

Deno.test("keychainItems() writes to a program that does not read", async (t) => {
  await atOnce(t, ENDINGS, ([what]) => what, async ([, script, state]) => {
    using program = shellScript(script);
    const problem = await keychain(program).write("app", "me", "x".repeat(4000));
    assert.equal(problem?.state, state);
  });
});

Deno.test("keychainItems() is missing only when chosen by itself without a graphical session", async () => {
  using script = shellScript("echo > $folder/started");
  for (const [wish, graphical] of [["automatic", true], ["explicit", true], ["explicit", false]] as const) {
    const items = keychain(script, { isGraphical: () => Promise.resolve(graphical) });
    assert.equal(await items.examine(wish), undefined);
  }
  const items = keychain(script, { isGraphical: () => Promise.resolve(false) });
  assert.deepEqual(await items.examine("automatic"), noSession());
  assert.equal(noSession().why, "no_gui_session");
  assert.throws(() => Deno.statSync(script.at("started")), Deno.errors.NotFound);
});
