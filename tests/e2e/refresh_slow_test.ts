import assert from "node:assert/strict";
import { withLoginLock } from "../../lib/oauth/stored_login.ts";
import { testWith } from "../support/needs.ts";
import { first, makeHang } from "../support/vendors/faults.ts";
import { startLoginProxy } from "../support/vendors/login_proxy.ts";
import { startLoginScene } from "../support/vendors/login_scene.ts";
import { DUE, homeOf, seed, seen } from "../support/vendors/seed.ts";

const NEEDS = ["compile", "namespace", "openssl"] as const;

// Both wait for a clock of the executable's own: 15 seconds, and up to 40. Nothing runs meanwhile.
testWith(
  NEEDS,
  "a refresh that hangs is tried again; a login that nobody uses is renewed all the same",
  async () => {
    await using scene = await startLoginScene();
    const { box, codex, minimax } = scene;
    await using proxy = await startLoginProxy(scene);
    const background = Promise.withResolvers<void>();
    codex.traps.refresh = (answer) => {
      background.resolve();
      return answer();
    };
    const unused = await seed(scene, "openai-oauth", DUE);
    const hang = makeHang();
    minimax.traps.refresh = first(1, hang.fault);
    await seed(scene, "minimax-oauth", DUE);

    const [status, text] = await proxy.text("minimax-oauth");
    assert.equal(status, 200, text);
    assert.equal(minimax.counts.refresh, 2);
    assert.match(
      proxy.proxy.log(),
      /minimax-oauth: renewing its token: \S+ did not answer within 15 seconds; trying once more\n/,
    );

    await background.promise;
    // Whoever renews it has the lock until it is stored.
    await withLoginLock(homeOf(box), "openai-oauth", () => Promise.resolve());
    const { access, fields } = (await seen(box, "openai-oauth"))!;
    assert.notEqual(access, unused.access);
    assert.ok(fields.refreshedAt !== undefined && fields.lastError === undefined);
    assert.equal(codex.counts.refresh, 1);
    assert.equal(codex.counts.responses, 0);
  },
);
