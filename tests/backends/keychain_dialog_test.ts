import assert from "node:assert/strict";
import type { Asking } from "../../backends/asking.ts";
import type { Items } from "../../backends/item.ts";
import type { Trouble } from "../../lib/vault/keystore.ts";
import { AMPLE, atOnce, attended, keychain, shellScript, silent } from "../support/keychain.ts";
import { startSecurity } from "../support/security/fixture.ts";
import { processEnd } from "../support/process_end.ts";

/** What nobody answers is waited for so long, in milliseconds. */
const SOON = 500;

/** The same where the user has been told, which is after a second. */
const TOLD = 1300;

const CALLS: [what: string, call: (items: Items) => Promise<unknown>][] = [
  ["read", (items) => items.read("app", "me")],
  ["write", (items) => items.write("app", "me", "agz1:new")],
];

/** What is killed is cleaned up after the answer was given. */
const unsanitized = { sanitizeOps: false, sanitizeResources: false };

function withDialog(mode: "dialog" | "dialog-with-agent"): ReturnType<typeof startSecurity> {
  const security = startSecurity({ mode });
  security.put("app", "me", new TextEncoder().encode("agz1:old"));
  return security;
}

for (const mode of ["dialog", "dialog-with-agent"] as const) {
  Deno.test({
    ...unsanitized,
    name: `keychainItems() waits for a ${mode} no longer than it may`,
    async fn(t) {
      await atOnce(t, CALLS, ([what]) => `${what}, unattended`, async ([, call]) => {
        using security = withDialog(mode);
        await endsLocked(() => call(keychain(security, { asking: silent(SOON) })), SOON);
        assert.equal(new TextDecoder().decode(security.items()[0]!.secret), "agz1:old");
      });
      await atOnce(t, CALLS, ([what]) => `${what}, attended`, async ([, call]) => {
        using security = withDialog(mode);
        const told: string[] = [];
        const asking = attended((message) => told.push(message), TOLD);
        await endsLocked(() => call(keychain(security, { asking })), TOLD);
        assert.deepEqual(told, ["waiting for the Keychain; look for its dialog"]);
        assert.equal(new TextDecoder().decode(security.items()[0]!.secret), "agz1:old");
      });
    },
  });
}

async function endsLocked(work: () => Promise<unknown>, deadline: number): Promise<void> {
  const start = performance.now();
  const result = await work() as Trouble;
  assert.equal(result.state, "locked");
  assert.match(result.reason, /nobody answered its dialog/);
  const took = performance.now() - start;
  assert.ok(took >= deadline - 1 && took < AMPLE, `it took ${took} ms`);
}

/** Blocks, and leaves its process id. */
const BLOCKING = 'echo $$ > "$folder/$1.pid"; exec sleep 60';

Deno.test({
  ...unsanitized,
  name: "keychainItems() kills what is late, in every step",
  ignore: Deno.build.os !== "linux",
  async fn(t) {
    const steps: [what: string, name: string, script: string, call: (items: Items) => Promise<unknown>][] = [
      ["a search", "find-generic-password", BLOCKING, (items) => items.read("app", "me")],
      [
        "a read",
        "find-generic-password",
        `case " $*" in *" -w") ${BLOCKING};; esac`,
        (items) => items.read("app", "me"),
      ],
      ["a write", "-i", BLOCKING, (items) => items.write("app", "me", "x")],
      ["a removal", "delete-generic-password", BLOCKING, (items) => items.remove("app", "me")],
    ];
    await atOnce(t, steps, ([what]) => what, async ([, name, script, call]) => {
      using program = shellScript(script);
      const asking: Asking = { ...silent(SOON), silentDeadline: SOON };
      await endsLocked(() => call(keychain(program, { asking })), SOON);
      const pid = Number(Deno.readTextFileSync(program.at(`${name}.pid`)));
      await processEnd(pid);
    });
  },
});

Deno.test("keychainItems() tells once per dialog what it waits for, and goes on when it is answered", async () => {
  using security = startSecurity();
  using script = shellScript(
    `case " $* " in *" -w "*|" -i ") while [ ! -e "$folder/answered" ]; do sleep 0.02; done; rm "$folder/answered";; esac
    exec '${security.path}' "$@"`,
  );
  let told = 0;
  const asking = attended(() => {
    told++;
    Deno.writeTextFileSync(script.at("answered"), "");
  });
  const items = keychain(script, { asking });
  assert.equal(await items.write("app", "me", "agz1:new"), undefined);
  assert.equal(told, 1);
  assert.deepEqual(await items.read("app", "me"), { state: "found", value: "agz1:new" });
  assert.equal(told, 2);
});

Deno.test({
  ...unsanitized,
  name: "keychainItems() asks again silently only a minute after nobody answered",
  async fn() {
    using program = shellScript(
      'echo "$*" >> "$folder/log"; case " $*" in *" -w") test ! -e "$folder/late" || exec sleep 60; echo agz1;; esac',
    );
    const started = () => Deno.readTextFileSync(program.at("log")).trim().split("\n").length;
    const items = keychain(program, { asking: silent(SOON) });
    assert.deepEqual(await items.read("app", "me"), { state: "found", value: "agz1" });
    assert.deepEqual(await items.read("app", "me"), { state: "found", value: "agz1" });
    Deno.writeTextFileSync(program.at("late"), "");
    const late = await items.read("app", "me");
    assert.equal(late.state, "locked");
    Deno.removeSync(program.at("late"));
    const before = started();
    assert.deepEqual(await items.read("app", "me"), late);
    assert.deepEqual(await items.read("other", "you"), late);
    assert.equal(started(), before, "it was asked again");

    const now = performance.now.bind(performance);
    try {
      performance.now = () => now() + 59_000 - SOON;
      assert.deepEqual(await items.read("app", "me"), late);
      assert.equal(started(), before, "it was asked again");
      performance.now = () => now() + 60_001;
      assert.deepEqual(await items.read("app", "me"), { state: "found", value: "agz1" });
    } finally {
      performance.now = now;
    }
  },
});

Deno.test({
  ...unsanitized,
  name: "keychainItems() asks the user again who did not answer",
  async fn() {
    using program = shellScript(
      'case " $*" in *" -w") test ! -e "$folder/late" || exec sleep 60; echo agz1;; esac',
    );
    Deno.writeTextFileSync(program.at("late"), "");
    const items = keychain(program, { asking: attended(() => {}, SOON) });
    assert.equal((await items.read("app", "me")).state, "locked");
    Deno.removeSync(program.at("late"));
    assert.deepEqual(await items.read("app", "me"), { state: "found", value: "agz1" });
  },
});
