import assert from "node:assert/strict";
import { hostsAsked, makeScene, testCredentials } from "../support/check_scene.ts";
import { EXECUTABLE, testWith } from "../support/needs.ts";
import { startPty } from "../support/pty.ts";

const NEEDS = ["compile", "namespace", "openssl"] as const;

// As long as the deadline: there is no clock to turn in the executable.
testWith(NEEDS, "providers test waits ten seconds for an answer, and no longer", async () => {
  await using scene = await makeScene(["openai"]);
  scene.providers.answer = () => new Promise(() => {});
  const began = performance.now();
  const { code, rows } = await testCredentials(scene.box);
  const seconds = (performance.now() - began) / 1000;
  assert.equal(code, 7);
  const detail = "it did not answer within ten seconds";
  assert.deepEqual(rows, [{ id: "openai", result: "unreachable", detail }]);
  assert.ok(seconds >= 9.9, `${seconds}`);
  assert.deepEqual(hostsAsked(scene.providers), ["api.openai.com"]);
});

testWith(
  [...NEEDS, "script"],
  "providers test shows on a terminal whom it waits for, then takes it back",
  async () => {
    await using scene = await makeScene(["openai", "mistral"]);
    const { providers, box } = scene;
    const gate = Promise.withResolvers<void>();
    providers.answer = async () => {
      await gate.promise;
      return Response.json({});
    };
    const inside = `unshare -m sh -c 'mount --bind "$0" /etc/hosts && exec "$@"' ${providers.hostsFile}`;
    const line = `${inside} ${EXECUTABLE} providers test; echo code=$?; echo the-end`;
    const env = { AGENTGAZER_HOME: box.home, DENO_CERT: providers.authority, NO_COLOR: "1" };
    await using pty = startPty(line, env);
    await pty.shown(/waiting for 2 of 2: openai, mistral/);
    gate.resolve();
    await pty.shown(/the-end/);
    const rest = pty.screen().split("\x1b[2K").at(-1)!;
    assert.match(rest, /^ID +RESULT +DETAIL\r\nopenai +valid\r\nmistral +valid\r\ncode=0\r\nthe-end/);
  },
);
