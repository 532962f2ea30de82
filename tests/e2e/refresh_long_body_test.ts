import assert from "node:assert/strict";
import { testWith } from "../support/needs.ts";
import { callsTo, noise } from "../support/vendors/calls.ts";
import { errorBody, fails, first } from "../support/vendors/faults.ts";
import { startLoginProxy } from "../support/vendors/login_proxy.ts";
import { startLoginScene } from "../support/vendors/login_scene.ts";
import { seed } from "../support/vendors/seed.ts";

const NEEDS = ["compile", "namespace", "openssl"] as const;
const ID = "openai-oauth";
const HOST = "chatgpt.com";

/** The most that is kept of a body. */
const KEPT = 4 << 20;

testWith(NEEDS, "a call whose body was not kept is not sent again, and the next one works", async (t) => {
  await using scene = await startLoginScene();
  const { codex, providers } = scene;
  await using proxy = await startLoginProxy(scene);
  for (const length of [KEPT + 1, KEPT + (1 << 20)]) {
    await t.step(`${length} bytes`, async () => {
      await seed(scene, ID);
      codex.traps.responses = first(1, fails(401, "token_expired"));
      const body = noise(length);
      const [status, text] = await proxy.text(ID, { body });
      assert.deepEqual([status, JSON.parse(text)], [401, errorBody("token_expired")]);
      const [call, ...more] = callsTo(HOST, scene);
      assert.deepEqual(more, []);
      assert.deepEqual(call!.body, body);
      assert.equal((await proxy.text(ID))[0], 200);
      callsTo(HOST, scene);
    });
  }
  await t.step("a body that is still under way", async () => {
    await seed(scene, ID);
    providers.recordBodies = false;
    const otherwise = providers.answer;
    const begun = Promise.withResolvers<void>();
    providers.answer = (request) => {
      if (new URL(request.url).host !== "chatgpt.com") return otherwise(request);
      begun.resolve();
      return Response.json(errorBody("token_expired"), { status: 401 });
    };
    let controller: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>;
    const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
      start(its) {
        controller = its;
        its.enqueue(noise(1000));
      },
    });
    const answer = proxy.ask(ID, { body });
    await begun.promise;
    assert.equal((await answer).status, 401);
    assert.deepEqual(await (await answer).json(), errorBody("token_expired"));
    assert.equal(callsTo(HOST, scene).length, 1);
    controller!.close();
  });
});
