import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { atOnce, keychain, keychainStore, SERVICE, shellScript } from "../support/keychain.ts";
import { type Security, startSecurity } from "../support/security/fixture.ts";
import { splitLine } from "../support/security/split_line.ts";

const ID = "01234567-89ab-4cde-8f01-23456789abcd";

/** What is stored, as `account=secret`. */
function stored(security: Security): string[] {
  return security.items().map(({ account, secret }) => `${account}=${Buffer.from(secret)}`);
}

Deno.test("keychainItems() writes, reads, replaces and removes an item", async () => {
  using security = startSecurity();
  const items = keychain(security);
  assert.equal((await items.read("app", ID)).state, "absent");
  assert.equal(await items.write("app", ID, "agz1:first"), undefined);
  assert.deepEqual(await items.read("app", ID), { state: "found", value: "agz1:first" });
  assert.equal(await items.write("app", ID, "agz1:second"), undefined);
  assert.deepEqual(await items.read("app", ID), { state: "found", value: "agz1:second" });
  assert.deepEqual(stored(security), [`${ID}=agz1:second`]);
  assert.equal(await items.remove("app", ID), undefined);
  assert.equal(await items.remove("app", ID), undefined);
  assert.equal((await items.read("app", ID)).state, "absent");
  assert.deepEqual(stored(security), []);
});

Deno.test("keychainItems() tells items apart by service and account", async () => {
  using security = startSecurity();
  const items = keychain(security);
  for (const [service, account] of [["app", "me"], ["app", "you"], ["other", "me"]] as const) {
    assert.equal(await items.write(service, account, `${service}-${account}`), undefined);
  }
  for (const [service, account] of [["app", "m"], ["app", "ME"], ["ap", "me"], ["me", "app"]] as const) {
    assert.equal((await items.read(service, account)).state, "absent");
    assert.equal(await items.remove(service, account), undefined);
  }
  assert.deepEqual(await items.read("app", "you"), { state: "found", value: "app-you" });
  assert.equal(await items.remove("app", "me"), undefined);
  assert.deepEqual(stored(security), ["you=app-you", "me=other-me"]);
});

const VALUES = [` 'a' "b" a\\b\\\\`, "-w", "deadbeef"];

Deno.test("keychainItems() keeps every ASCII value as it is", async (t) => {
  await atOnce(t, VALUES, (value) => value, async (value) => {
    using security = startSecurity();
    const items = keychain(security);
    assert.equal(await items.write("app", ID, value), undefined);
    assert.deepEqual(await items.read("app", ID), { state: "found", value });
  });
});

Deno.test("keychainItems() sends a secret on stdin only, in one line", async () => {
  using security = startSecurity();
  const store = keychainStore(security);
  assert.deepEqual(await store.probe("explicit"), { state: "open" });
  const { key, record } = await store.create(ID);
  assert.equal((await store.open(ID, record)).state, "found");
  const value = `agz1:${key.toBase64()}`;
  assert.deepEqual(stored(security), [`${ID}=${value}`]);
  assert.equal(await store.remove(ID), undefined);

  const calls = security.calls().map(({ argv, stdin }) => ({ argv, stdin: Buffer.from(stdin).toString() }));
  const writes = calls.filter(({ stdin }) => stdin !== "");
  const others = calls.filter(({ stdin }) => stdin === "");
  for (const { argv, stdin } of writes) {
    assert.deepEqual(argv, ["-i"]);
    assert.match(stdin, /^[\x20-\x7e]{1,4094}\n$/);
    const words = splitLine(stdin);
    const account = words[words.indexOf("-a") + 1]!;
    const secret = words.at(-1)!;
    assert.deepEqual(words, ["add-generic-password", "-U", "-a", account, "-s", SERVICE, "-w", secret]);
    assert.match(secret, /^agz1:[A-Za-z0-9+/]{43}=$/);
  }
  assert.equal(writes.length, 2);
  assert.ok(writes[1]!.stdin.includes(value));
  for (const { argv } of others) {
    const [command, ...options] = argv;
    assert.ok(["find-generic-password", "delete-generic-password"].includes(command!), command!);
    assert.deepEqual(options.slice(0, 4), ["-a", options[1], "-s", SERVICE]);
    assert.match(options[1]!, /^(probe-[0-9a-f]{32}|[0-9a-f-]{36})$/);
    assert.ok(["", "-w"].includes(options.slice(4).join(" ")), options.join(" "));
  }
  for (const { argv } of calls) {
    for (const spelling of [value, key.toBase64().slice(0, 12), key.toHex().slice(0, 12)]) {
      assert.ok(!argv.join(" ").includes(spelling), argv[0]!);
    }
  }
});

Deno.test("keychainItems() decrypts nothing of an item that is not there", async () => {
  using security = startSecurity();
  await keychain(security).read("app", ID);
  assert.deepEqual(security.calls().map(({ argv }) => argv), [
    ["find-generic-password", "-a", ID, "-s", "app"],
  ]);
});

const HOMES: [home: string | undefined, environment: string][] = [
  ["/Users/ada", "HOME=/Users/ada\n"],
  ["/Users/a d'a", "HOME=/Users/a d'a\n"],
  [undefined, ""],
];

Deno.test({
  name: "keychainItems() starts its program with HOME and nothing else",
  ignore: Deno.build.os !== "linux",
  async fn(t) {
    Deno.env.set("AGENTGAZER_TEST_CANARY", "canary");
    try {
      for (const [home, environment] of HOMES) {
        await t.step(String(home), async () => {
          using script = shellScript("tr '\\0' '\\n' < /proc/$$/environ >> $folder/environment; echo value");
          const items = keychain(script, { home });
          assert.deepEqual(await items.read("app", ID), { state: "found", value: "value" });
          assert.equal(await items.write("app", ID, "secret"), undefined);
          assert.equal(await items.remove("app", ID), undefined);
          assert.equal(Deno.readTextFileSync(script.at("environment")), environment.repeat(4));
        });
      }
    } finally {
      Deno.env.delete("AGENTGAZER_TEST_CANARY");
    }
  },
});
