import assert from "node:assert/strict";
import { join } from "node:path";
import { testWith } from "../support/needs.ts";
import { makeBox } from "../support/program.ts";
import { canaryKey, startScene } from "../support/scene.ts";

const NEEDS = ["compile", "namespace", "openssl"] as const;

testWith(NEEDS, "agentgazer start sees a change of the vault at the next request", async () => {
  await using scene = await startScene(["openai"]);
  const { box, providers } = scene;
  const status = async () => {
    const answer = await scene.call("/openai/v1/models");
    await answer.body?.cancel();
    return answer.status;
  };
  assert.equal(await status(), 200);
  await box.run(["providers", "set", "openai"], { stdin: "sk-proj-second\n" });
  assert.equal(await status(), 200);
  assert.deepEqual(providers.received.map(({ headers }) => headers.get("authorization")), [
    `Bearer ${canaryKey("openai")}`,
    "Bearer sk-proj-second",
  ]);
  await box.run(["providers", "remove", "openai"]);
  const answer = await scene.call("/openai/v1/models");
  assert.equal(answer.status, 401);
  const { error } = await answer.json();
  assert.equal(error.code, "credential_missing");
  assert.match(error.message, /agentgazer providers set openai/);
});

testWith(
  NEEDS,
  "agentgazer start lets running requests finish, and ends at once at a second signal",
  async (t) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      await t.step(`${signal} drains`, async () => {
        await using scene = await startScene(["openai"]);
        const arrived = Promise.withResolvers<void>();
        const finish = Promise.withResolvers<Response>();
        scene.providers.answer = () => {
          arrived.resolve();
          return finish.promise;
        };
        const answer = scene.call("/openai/v1/models");
        await arrived.promise;
        const ended = scene.proxy.stop(signal);
        await scene.proxy.logged(/waiting for 1 request to end/);
        await assert.rejects(fetch(scene.proxy.url + "/health"));
        finish.resolve(new Response("late"));
        assert.equal(await (await answer).text(), "late");
        assert.equal(await ended, 0);
      });
    }
    await t.step("a second signal", async () => {
      await using scene = await startScene(["openai"]);
      const arrived = Promise.withResolvers<void>();
      scene.providers.answer = () => {
        arrived.resolve();
        return new Promise<Response>(() => {});
      };
      const answer = scene.call("/openai/v1/models");
      await arrived.promise;
      Deno.kill(scene.proxy.pid, "SIGTERM");
      await scene.proxy.logged(/waiting for 1 request to end/);
      const [code] = await Promise.all([scene.proxy.stop("SIGINT"), assert.rejects(answer)]);
      assert.equal(code, 130);
    });
  },
);

testWith(["compile"], "agentgazer start says clearly why it can't", async (t) => {
  await using box = await makeBox();
  await box.run(["providers", "set", "openai"], { stdin: "sk-proj-x\n" });
  await t.step("the port is in use", async () => {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const run = await box.run(["start", "--port", String(listener.addr.port)]);
    assert.equal(run.code, 7);
    assert.match(run.stderr, /another program uses the port\n.*hint:.*--port/);
  });
  await t.step("a proxy of another vault has the port", async () => {
    await using other = await makeBox();
    await using proxy = await other.start();
    const run = await box.run(["start", "--port", String(proxy.port)]);
    assert.equal(run.code, 7);
    assert.match(run.stderr, /agentgazer runs there already, perhaps for another vault\n/);
  });
  await t.step("SSLKEYLOGFILE is set", async () => {
    const file = join(box.folder, "keys");
    const run = await box.run(["start"], { env: { SSLKEYLOGFILE: file } });
    assert.equal(run.code, 6);
    assert.match(run.stderr, /unset SSLKEYLOGFILE/);
    // The runtime makes the file before we run; no key may get into it.
    assert.equal((await Deno.readFile(file)).length, 0);
  });
  await t.step("DENO_SERVE_ADDRESS is set", async () => {
    const run = await box.run(["start", "--port", "0"], { env: { DENO_SERVE_ADDRESS: "tcp:127.0.0.1:0" } });
    assert.equal(run.code, 6);
    assert.match(run.stderr, /unset DENO_SERVE_ADDRESS/);
  });
  await t.step("AGENTGAZER_MACHINE_KEY_FILE is not absolute", async () => {
    const run = await box.run(["start"], { env: { AGENTGAZER_MACHINE_KEY_FILE: "key" } });
    assert.equal(run.code, 2);
  });
  await t.step("the vault is damaged", async () => {
    const file = join(box.home, "vault.json");
    const good = await Deno.readTextFile(file);
    await Deno.writeTextFile(file, good.slice(0, -10));
    const run = await box.run(["start"]);
    assert.equal(run.code, 8);
    assert.match(run.stderr, /hint: .*mv .*vault\.json/);
    await Deno.writeTextFile(file, good);
  });
  await t.step("the log level is none", async () => {
    assert.equal((await box.run(["start"], { env: { AGENTGAZER_LOG: "loud" } })).code, 2);
  });
});

testWith(
  ["compile"],
  "agentgazer start does not wait for connections without a running request",
  async (t) => {
    for (const signal of ["SIGTERM", "SIGHUP"] as const) {
      await t.step(signal, async () => {
        await using box = await makeBox();
        await using proxy = await box.start();
        using half = await Deno.connect({ hostname: "127.0.0.1", port: proxy.port });
        await half.write(new TextEncoder().encode("GET / HT"));
        const health = await fetch(proxy.url + "/health");
        await health.body?.cancel();
        const started = performance.now();
        assert.equal(await proxy.stop(signal), 0);
        assert.ok(performance.now() - started < 15_000, "it waited for half a request");
        await assert.rejects(Deno.stat(join(box.home, "proxy.json")));
      });
    }
  },
);

testWith(["compile", "namespace"], "agentgazer start runs where it can't write", async () => {
  await using box = await makeBox();
  const token = (await box.run(["clients", "add", "one"])).stdout.trim();
  const mounts = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && exec "$@"';
  const wrapper = ["unshare", "-m", "sh", "-c", mounts, box.home];
  await using proxy = await box.start([], { wrapper });
  await proxy.logged(
    /warn: agentgazer env and doctor do not know of this proxy: Cannot .*the file system is read-only/,
  );
  const answer = await fetch(proxy.url + "/openai/v1/models", { headers: { "x-api-key": token } });
  assert.equal((await answer.json()).error.code, "credential_missing");
});

testWith(
  ["compile"],
  "agentgazer start tells the state of the vault to its log, not to strangers",
  async () => {
    await using box = await makeBox();
    await box.run(["clients", "add", "one"]);
    await using proxy = await box.start();
    await Deno.chmod(join(box.home, "vault.json"), 0o644);
    const answer = await fetch(proxy.url + "/openai/v1/models", { headers: { "x-api-key": "agz_wrong" } });
    assert.equal(answer.status, 503);
    assert.doesNotMatch(await answer.text(), /vault\.json|chmod/);
    await proxy.logged(/error: .*vault\.json: others may open it \(chmod 600/);
  },
);

testWith(["compile"], "agentgazer start says what to do first, without a credential", async () => {
  await using box = await makeBox();
  await using proxy = await box.start();
  await proxy.logged(/^add a key: {10}agentgazer providers set <id>, or agentgazer login <id>\n/m);
  assert.deepEqual(proxy.log().split("\n").slice(0, -1).map((line) => line.split(/ listens|:/)[0]), [
    "agentgazer 0.1.0",
    "point a tool at it",
    "add a key",
  ]);
  const health = await (await fetch(proxy.url + "/health")).json();
  assert.deepEqual(Object.keys(health), ["status", "version", "uptime_ms"]);
  assert.equal(health.status, "ok");
  assert.equal(JSON.parse(await Deno.readTextFile(join(box.home, "proxy.json"))).url, proxy.url);
  assert.equal(await proxy.stop(), 0);
  await assert.rejects(Deno.stat(join(box.home, "proxy.json")));
});

testWith(["compile"], "agentgazer env knows the proxy that runs, and not one that was killed", async () => {
  await using box = await makeBox();
  const address = async () => {
    const { stdout } = await box.run(["env", "--shell", "json", "--provider", "openai"]);
    return JSON.parse(stdout).OPENAI_BASE_URL;
  };
  await using proxy = await box.start();
  assert.equal(await address(), `${proxy.url}/openai/v1`);
  await proxy.stop("SIGKILL");
  assert.equal(await address(), "http://127.0.0.1:18900/openai/v1");
});

testWith(NEEDS, "agentgazer start waits for a keystore that is not open yet, and heals", async () => {
  await using scene = await startScene(["openai"]);
  const { box, token } = scene;
  const key = join(box.home, "machine.key");
  await Deno.rename(key, key + ".away");
  await using proxy = await box.start();
  assert.match(proxy.log(), /machine\.key is missing.*answered with 503/);
  const call = () => fetch(proxy.url + "/openai/v1/models", { headers: { "x-api-key": token } });
  const locked = await call();
  assert.equal(locked.status, 503);
  assert.match((await locked.json()).error.message, /machine\.key/);
  assert.equal(scene.providers.received.length, 0);
  await Deno.rename(key + ".away", key);
  const healed = await call();
  assert.deepEqual([healed.status, await healed.json()], [200, { ok: true }]);
});

testWith(NEEDS, "agentgazer start logs one line per request, without secrets", async (t) => {
  await using scene = await startScene(["openai"]);
  for (const format of ["text", "json"]) {
    await t.step(format, async () => {
      await using proxy = await scene.box.start(["--log-format", format]);
      const path = `/agents/coder.1/openai/v1/models/${scene.token}`;
      const answer = await fetch(`${proxy.url}${path}?secret=1&key=${scene.token}`);
      await answer.body?.cancel();
      await proxy.logged(/coder\.1.*\n/);
      const line = proxy.log().split("\n").find((one) => one.includes("coder.1"))!;
      const logged = "/agents/coder.1/openai/v1/models/[token]";
      if (format === "json") {
        const { time, ms, ...rest } = JSON.parse(line);
        assert.ok(Date.parse(time) > 0 && ms >= 0);
        assert.deepEqual(rest, {
          client: "default",
          agent: "coder.1",
          provider: "openai",
          path: logged,
          method: "GET",
          status: 400,
          bytes: 0,
          error: "malformed_request",
        });
      } else {
        assert.match(line, /^\S+Z default coder\.1 openai GET \S+ 400 0B \d+ms malformed_request$/);
        assert.ok(line.includes(logged));
      }
      assert.doesNotMatch(proxy.log(), new RegExp(`${scene.token}|secret|${canaryKey("openai")}`));
    });
  }
});
