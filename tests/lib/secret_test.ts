import assert from "node:assert/strict";
import { Console } from "node:console";
import { PassThrough } from "node:stream";
import { format, inspect } from "node:util";
import { Secret } from "../../lib/secret.ts";

const VALUE = "sk-canary-0123456789abcdef";
const everything = { showHidden: true, depth: 9 };

const WAYS: [way: string, show: (secret: Secret) => string][] = [
  ["a template string", (secret) => `${secret}`],
  ["concatenation", (secret) => "key " + secret],
  ["String()", (secret) => String(secret)],
  ["toString()", (secret) => secret.toString()],
  ["join()", (secret) => [secret, secret].join()],
  ["toLocaleString() of an array", (secret) => [secret].toLocaleString()],
  ["JSON", (secret) => JSON.stringify(secret)],
  ["JSON of an object", (secret) => JSON.stringify({ deep: [{ secret }] })],
  ["Deno.inspect()", (secret) => Deno.inspect(secret, everything)],
  ["Deno.inspect() of an object", (secret) => Deno.inspect({ deep: { secret } }, everything)],
  ["Deno.inspect() of a map", (secret) => Deno.inspect(new Map([[secret, secret]]), everything)],
  ["Deno.inspect() of a set", (secret) => Deno.inspect(new Set([secret]), everything)],
  ["Deno.inspect() of an error's cause", (secret) => Deno.inspect(new Error("x", { cause: secret }))],
  ["util.inspect()", (secret) => inspect(secret, everything)],
  ["util.inspect() of an object", (secret) => inspect({ deep: { secret } }, everything)],
  ["util.inspect() of a map", (secret) => inspect(new Map([["key", secret]]), everything)],
  ["Node's hook", (secret) => Reflect.get(secret, Symbol.for("nodejs.util.inspect.custom")).call(secret)],
  ["util.format()", (secret) => format("%s %j %o %O", secret, secret, secret, secret)],
  ["console.log()", consoleLog],
  ["the message of an error", (secret) => new Error(`no ${secret}`).message],
  ["the stack of an error", (secret) => new Error(`no ${secret}`).stack!],
];

Deno.test("Secret says that it is one wherever it is printed", async (t) => {
  for (const [way, show] of WAYS) {
    await t.step(way, () => {
      const shown = show(new Secret(VALUE));
      assert.ok(!shown.includes("canary"), shown);
      assert.match(shown, /\[secret\]/);
    });
  }
});

const SEARCHES: [way: string, find: (secret: Secret) => unknown][] = [
  ["Object.keys()", (secret) => Object.keys(secret)],
  ["Object.entries()", (secret) => Object.entries(secret)],
  ["Object.getOwnPropertyNames()", (secret) => Object.getOwnPropertyNames(secret)],
  ["Reflect.ownKeys()", (secret) => Reflect.ownKeys(secret)],
  ["spread", (secret) => Object.keys({ ...secret })],
  ["Object.assign()", (secret) => Object.keys(Object.assign({}, secret))],
  ["structuredClone()", (secret) => Object.keys(structuredClone(secret))],
];

Deno.test("Secret has no property that holds the value", async (t) => {
  for (const [way, find] of SEARCHES) {
    await t.step(way, () => assert.deepEqual(find(new Secret(VALUE)), []));
  }
});

Deno.test("Secret.reveal() gives the value, also an empty one", () => {
  assert.equal(new Secret(VALUE).reveal(), VALUE);
  assert.equal(new Secret("").reveal(), "");
});

function consoleLog(secret: Secret): string {
  const stdout = new PassThrough();
  new Console({ stdout }).log("%s", secret, { secret }, [secret]);
  return String(stdout.read());
}
