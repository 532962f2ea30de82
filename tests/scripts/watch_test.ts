import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { join } from "node:path";
import { CANARY, findCanary } from "../support/canary.ts";
import { Leaks } from "../support/leaks.ts";
import { testWith } from "../support/needs.ts";
import { type Box, makeBox } from "../support/program.ts";
import { startScene } from "../support/scene.ts";

const ROWS: readonly (readonly [how: string, spelled: (text: string) => string])[] = [
  ["as it is", (text) => text],
  ["eight letters of it", (text) => text.slice(11, 19)],
  ["in base64", (text) => Buffer.from(text).toString("base64")],
  ["in base64 after one byte", (text) => Buffer.from("x" + text).toString("base64")],
  ["in base64 after two bytes", (text) => Buffer.from("xy" + text).toString("base64")],
  ["in base64 for URLs", (text) => Buffer.from(text).toString("base64url")],
  ["in hex", (text) => Buffer.from(text).toString("hex")],
  ["in capital hex", (text) => Buffer.from(text).toString("hex").toUpperCase()],
];

Deno.test("the search finds a secret in each spelling, and nothing in other texts", async (t) => {
  for (const [how, spelled] of ROWS) {
    await t.step(how, () => assert.ok(findCanary(`a line with ${spelled(CANARY)}, and more`)));
  }
  assert.equal(findCanary(CANARY.slice(0, 7)), undefined);
  assert.equal(findCanary([...CANARY].reverse().join("")), undefined);
});

/** Whose base64 has signs that URLs spell otherwise, whose hex has letters, and which is percent-encoded itself. */
const SIGNS = "~?>~?>/+ü?>~??>~?>Zw2LkJ9dHsYc7mFp";

Deno.test("the search finds a secret with other signs, too", () => {
  const leaks = new Leaks([SIGNS]);
  const base64 = Buffer.from(SIGNS).toString("base64url").slice(0, 20);
  assert.match(base64, /[-_]/);
  assert.ok(leaks.find(base64));
  assert.ok(leaks.find(encodeURIComponent(SIGNS).slice(0, 14)));
  const hex = Buffer.from(SIGNS).toString("hex").slice(0, 20);
  assert.match(hex, /[a-f]/);
  assert.ok(leaks.find(hex));
  assert.ok(leaks.find(hex.toUpperCase()));
  assert.equal(leaks.find(encodeURIComponent("no secret ü ü")), undefined);
});

const STORE = ["providers", "set", "mistral"];

const LEAKS: readonly (readonly [where: RegExp, leak: (box: Box) => unknown])[] = [
  [/the output of -c/, (box) => box.run(["-c", `echo ${CANARY}`], { program: "sh" })],
  [/the output of -c/, (box) => box.run(["-c", `echo ${CANARY} >&2`], { program: "sh" })],
  [/the output of -c/, async (box) => {
    await using running = box.spawn(["-c", `echo ${CANARY}`], { program: "sh" });
    await running.ended;
  }],
  [/what -c .* starts/, (box) => box.run(["-c", `/bin/true ${CANARY}`], { program: "sh", env: { A: "b" } })],
  [
    /what -c .* starts/,
    (box) => box.run(["-c", `K=${CANARY} /bin/true`], { program: "sh", env: { A: "b" } }),
  ],
  [/left$/m, (box) => Deno.writeTextFile(join(box.folder, "left"), `x${CANARY}`)],
  [/a file name in/, (box) => Deno.writeTextFile(join(box.folder, CANARY), "")],
];

testWith(["compile", "strace"], "a leak fails the test of its box, unless it is meant", async (t) => {
  for (const [i, [where, leak]] of LEAKS.entries()) {
    await t.step(`${i + 1}: ${where}`, async () => {
      const box = await makeBox();
      assert.equal((await box.run(STORE, { stdin: CANARY })).code, 0);
      await leak(box);
      await assert.rejects(async () => await box[Symbol.asyncDispose](), (error: Error) => {
        return error.message.includes("a secret is in ") && where.test(error.message.split(": …")[0]!);
      });
    });
  }
  await t.step("nothing, with a key of the vault that no run was given", async () => {
    await using box = await makeBox();
    await box.run(STORE, { stdin: CANARY });
    await box.run(["-c", `echo ${CANARY}`], { program: "sh" });
    box.watch.exempt.push(/the output of -c/);
  });
});

testWith(
  ["compile", "namespace", "openssl", "tcpdump"],
  "an answer with a credential fails the test",
  async () => {
    const scene = await startScene(["mistral"]);
    scene.providers.answer = (request) => new Response(request.headers.get("authorization"));
    await (await scene.call("/mistral/v1/models")).text();
    await assert.rejects(async () => await scene[Symbol.asyncDispose](), /a secret is in an answer/);
  },
);
