import assert from "node:assert/strict";
import { join } from "node:path";
import { testWith } from "../support/needs.ts";
import { rawRequest, sendRaw } from "../support/raw.ts";
import { overBytes } from "../support/raw_provider.ts";
import { startScene } from "../support/scene.ts";

const NEEDS = ["compile", "namespace", "openssl"] as const;

testWith(
  NEEDS,
  "agentgazer start listens beyond loopback with TLS, or when told that it may without",
  async (t) => {
    await using scene = await startScene(["openai"], ["gateway.lan"]);
    const { box, token, providers } = scene;
    const file = (name: string) => join(box.folder, name);
    const [cert, key] = [file("leaf.pem"), file("leaf.key")];
    const [junk, otherKey] = [file("junk.pem"), file("ca.key")];
    box.watch.exempt.push(/junk\.pem$/);
    await Deno.writeTextFile(junk, "-----BEGIN CERTIFICATE-----\nq7Zx2Wv9Kp4T\n");
    const rows: [name: string, args: string[], code: number, message: RegExp][] = [
      [
        "all addresses",
        ["--host", "0.0.0.0"],
        6,
        /listen on 0\.0\.0\.0 without TLS.*\n.*--tls-cert.*--insecure-http/,
      ],
      ["all of IPv6", ["--host", "::"], 6, /listen on :: without TLS/],
      ["half of it", ["--host", "0.0.0.0", "--tls-cert", cert], 2, /--tls-cert without --tls-key/],
      ["the other half", ["--tls-key", key], 2, /--tls-key without --tls-cert/],
      [
        "both ways",
        ["--tls-cert", cert, "--tls-key", key, "--insecure-http"],
        2,
        /together with a certificate/,
      ],
      [
        "no such file",
        ["--tls-cert", file("none"), "--tls-key", key],
        2,
        /read the file that --tls-cert names: there is no such file\n/,
      ],
      [
        "no such key",
        ["--tls-cert", cert, "--tls-key", file("none")],
        2,
        /read the file that --tls-key names: there is no such file\n/,
      ],
      [
        "a folder",
        ["--tls-cert", box.folder, "--tls-key", key],
        2,
        /read the file that --tls-cert names: it is a folder\n/,
      ],
      ["junk", ["--tls-cert", junk, "--tls-key", key], 2, /not valid PEM/],
      ["a junk key", ["--tls-cert", cert, "--tls-key", junk], 2, /not valid PEM/],
      ["swapped", ["--tls-cert", key, "--tls-key", cert], 2, /not valid PEM/],
      ["another's key", ["--tls-cert", cert, "--tls-key", otherKey], 2, /do not belong together/],
    ];
    for (const [name, args, code, message] of rows) {
      await t.step(`${name}: ${code}`, async () => {
        const run = await box.run(["start", "--port", "0", ...args]);
        assert.deepEqual([run.code, run.stdout], [code, ""], run.stderr);
        assert.match(run.stderr, message);
        assert.doesNotMatch(run.stderr, /q7Zx2Wv9Kp4T|at .*\.[jt]s/);
      });
    }
    await t.step("in the clear, with a warning", async () => {
      await using proxy = await box.start(["--host", "0.0.0.0", "--insecure-http"]);
      await proxy.logged(/warn: .*tokens cross the network unencrypted/);
      const answer = await fetch(`${proxy.url}/openai/v1/models`, { headers: { "x-api-key": token } });
      assert.equal(answer.status, 200);
      await answer.body?.cancel();
    });
    await scene.proxy.stop();
    await t.step("over TLS", async () => {
      const tls = ["--tls-cert", cert, "--tls-key", key, "--allow-host", "gateway.lan"];
      await using proxy = await box.start(["--host", "0.0.0.0", ...tls]);
      assert.doesNotMatch(proxy.log(), /unencrypted/);
      const env = await box.run(["env", "--shell", "json", "--provider", "openai"]);
      assert.equal(JSON.parse(env.stdout).OPENAI_BASE_URL, `${proxy.url}/openai/v1`);
      const caCerts = [await Deno.readTextFile(providers.authority)];
      const ask = async (host: string) => {
        const plain = await Deno.connect({ port: proxy.port });
        const client = overBytes(await Deno.startTls(plain, { hostname: "gateway.lan", caCerts }));
        await client.send(rawRequest("GET /openai/v1/models", { host, "x-api-key": token }));
        await client.ended;
        client.close();
        return (await client.received(/^/)).slice(0, 12);
      };
      assert.equal(await ask(`gateway.lan:${proxy.port}`), "HTTP/1.1 200");
      assert.equal(await ask(`attacker.test:${proxy.port}`), "HTTP/1.1 421");
      const inTheClear = await sendRaw(
        proxy.port,
        rawRequest("GET /health", { host: `127.0.0.1:${proxy.port}` }),
      );
      assert.equal(inTheClear.status, 0);
      await proxy.logged(/info: a client spoke plain HTTP/);
      assert.equal(await ask(`gateway.lan:${proxy.port}`), "HTTP/1.1 200");
    });
  },
);
