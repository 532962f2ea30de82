import assert from "node:assert/strict";
import { AppError, describeBug, type ErrorCode, exitCode } from "../../lib/errors.ts";

const EXIT_CODES: Record<ErrorCode, number> = {
  bug: 1,
  usage: 2,
  credential_missing: 3,
  credential_rejected: 3,
  login_required: 3,
  login_failed: 3,
  not_found: 4,
  keystore_unavailable: 5,
  key_mismatch: 5,
  vault_unavailable: 5,
  refused: 6,
  network_failed: 7,
  vault_damaged: 8,
  interrupted: 130,
};

Deno.test("exitCode() is what scripts rely on", async (t) => {
  for (const [code, exit] of Object.entries(EXIT_CODES)) {
    await t.step(`${code} is ${exit}`, () => assert.equal(exitCode(code as ErrorCode), exit));
  }
});

Deno.test("AppError carries its code, message and hint, and no cause", () => {
  const error = new AppError("refused", "Cannot do it", "do that");
  assert.deepEqual([error.code, error.message, error.hint], ["refused", "Cannot do it", "do that"]);
  assert.equal(new AppError("usage", "Cannot do it").hint, undefined);
  assert.ok(!("cause" in error));
  assert.ok(error instanceof Error);
});

const CANARY = "sk-canary-0123456789abcdef";

class NamedAfterInput extends Error {
  override name = CANARY;
}

const BUGS: [what: string, thrown: unknown, first: string][] = [
  ["an error", new Error(CANARY), "Error"],
  ["an error of a class", new TypeError(`bad ${CANARY}`), "TypeError"],
  ["a message of many lines", new Error(`a\n${CANARY}\n\nat ${CANARY}`), "Error"],
  ["a message whose lines look like frames", new TypeError(`x\n    at ${CANARY} (file.ts:1:1)`), "TypeError"],
  ["a stack that is no text", Object.assign(new Error(CANARY), { stack: 1 }), "Error"],
  ["a stack of something else", Object.assign(new Error("x y z"), { stack: `    at ${CANARY}` }), "Error"],
  ["a syntax error that repeats its input", thrownBy(() => JSON.parse(`{"${CANARY}": x}`)), "SyntaxError"],
  ["an invalid URL", thrownBy(() => new URL(`http://${CANARY}:x`)), "TypeError"],
  ["an error with a cause", new Error("x", { cause: new Error(CANARY) }), "Error"],
  ["an aggregate", new AggregateError([new Error(CANARY)], CANARY), "AggregateError"],
  ["an error whose name is input", new NamedAfterInput("x"), "NamedAfterInput"],
  ["a thrown text", CANARY, "a thrown string"],
  ["a thrown object", { message: CANARY, stack: CANARY }, "a thrown object"],
  ["a rejection without a reason", undefined, "a thrown undefined"],
];

Deno.test("describeBug() names the class and never repeats the message", async (t) => {
  for (const [what, thrown, first] of BUGS) {
    await t.step(what, () => {
      const [line, ...frames] = describeBug(thrown).split("\n");
      assert.equal(line, first);
      assert.ok(!describeBug(thrown).includes("canary"), describeBug(thrown));
      for (const frame of frames) assert.match(frame, /^ +at /);
    });
  }
});

Deno.test("describeBug() says where an error was thrown", () => {
  function makeHere(): Error {
    return new RangeError("x");
  }
  assert.match(describeBug(makeHere()), /^RangeError\n +at makeHere \(.*errors_test\.ts:\d+:\d+\)/);
});

function thrownBy(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}
