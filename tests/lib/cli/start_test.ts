import assert from "node:assert/strict";
import type { ListenOptions } from "../../../lib/system.ts";
import { commandLine, type CommandOptions } from "../../support/command_line.ts";

const LISTENS: [args: string, asked: ListenOptions, url: string][] = [
  ["start", { hostname: "127.0.0.1", port: 18900 }, "http://127.0.0.1:18900"],
  ["start --host localhost", { hostname: "127.0.0.1", port: 18900 }, "http://127.0.0.1:18900"],
  ["start --port 0", { hostname: "127.0.0.1", port: 0 }, "http://127.0.0.1:45678"],
  ["start --port 65535", { hostname: "127.0.0.1", port: 65535 }, "http://127.0.0.1:65535"],
  ["start --host ::1 --port 80", { hostname: "::1", port: 80 }, "http://[::1]:80"],
  [
    "start --insecure-http --host 0.0.0.0 --port 80",
    { hostname: "0.0.0.0", port: 80 },
    "http://127.0.0.1:80",
  ],
  ["start --insecure-http --host :: --port 80", { hostname: "::", port: 80 }, "http://[::1]:80"],
  [
    "start --allow-host box.lan --allow-host box:8080 [::2]:1",
    { hostname: "127.0.0.1", port: 18900 },
    "http://127.0.0.1:18900",
  ],
];

Deno.test("start listens where it is told, says so in proxy.json, and takes that back", async (t) => {
  for (const [args, asked, url] of LISTENS) {
    await t.step(args, async () => {
      using box = commandLine();
      const served: ListenOptions[] = [];
      const written: unknown[] = [];
      const { code, out, err } = await box.run(args.split(" "), {
        onServe: (options) => served.push(options),
        onErr(text, system) {
          if (!/listens on/.test(text)) return;
          written.push(JSON.parse(Deno.readTextFileSync(`${box.home}/proxy.json`)));
          system.raise("SIGTERM");
        },
      });
      assert.deepEqual([code, out], [0, ""], err);
      assert.deepEqual(served, [{ ...asked, tls: undefined }]);
      assert.deepEqual(written, [{ url, port: asked.port || 45678, pid: 4711 }]);
      assert.ok(err.includes(`agentgazer 1.2.3 listens on ${url}`), err);
      assert.equal(/other machines can reach this proxy/.test(err), /0\.0\.0\.0|:: /.test(args));
      assert.throws(() => Deno.lstatSync(`${box.home}/proxy.json`), Deno.errors.NotFound);
    });
  }
});

Deno.test("start knows the port that a proxy of this vault has, whatever that one's address says", async () => {
  using box = commandLine();
  const said: string[] = [];
  const tls = ["--tls-cert", "c.pem", "--tls-key", "k.pem", "--allow-host", "box:18942"];
  const { code } = await box.run(["start", "--port", "18941", ...tls], {
    async onErr(text, system) {
      if (!/listens on https:\/\/box:18942/.test(text)) return;
      for (const port of ["18941", "18942"]) {
        const options = { onServe: throwing(new Deno.errors.AddrInUse("x")) };
        said.push((await box.run(["start", "--port", port], options)).err);
      }
      system.raise("SIGTERM");
    },
  });
  assert.equal(code, 0);
  assert.match(said[0]!, /:18941: agentgazer runs there already\n/);
  assert.match(said[1]!, /:18942: another program uses the port\n/);
});

const FAILURES: [what: string, options: CommandOptions, code: number, says: RegExp][] = [
  [
    "the port is taken",
    { onServe: throwing(new Deno.errors.AddrInUse("x")) },
    7,
    /another program uses the port/,
  ],
  [
    "the port is not allowed",
    { onServe: throwing(new Deno.errors.PermissionDenied("x")) },
    7,
    /the system refused/,
  ],
  ["SSLKEYLOGFILE is set", { env: { SSLKEYLOGFILE: "/tmp/keys" } }, 6, /hint: unset SSLKEYLOGFILE/],
];

Deno.test("start says why it can't, and leaves no address behind", async (t) => {
  for (const [what, options, code, says] of FAILURES) {
    await t.step(`when ${what}`, async () => {
      using box = commandLine();
      const result = await box.run(["start"], options);
      assert.deepEqual([result.code, result.out], [code, ""]);
      assert.match(result.err, says);
      assert.throws(() => Deno.lstatSync(`${box.home}/proxy.json`), Deno.errors.NotFound);
    });
  }
});

Deno.test("start runs without the key file and says so, but not with another one", async (t) => {
  using box = commandLine();
  await box.run(["providers", "set", "openai", "sk-test"]);
  const key = Deno.readFileSync(`${box.home}/machine.key`);
  const stop: CommandOptions = { onErr: (text, system) => /listens on/.test(text) && system.raise("SIGINT") };
  await t.step("a missing one", async () => {
    Deno.removeSync(`${box.home}/machine.key`);
    const { code, err } = await box.run(["start"], stop);
    assert.equal(code, 0, err);
    assert.match(
      err,
      /machine\.key is missing; requests are answered with 503 until .*\n.*warn: hint: put the file back/,
    );
  });
  await t.step("another one", async () => {
    Deno.writeFileSync(`${box.home}/machine.key`, key.map((byte) => byte ^ 1), { mode: 0o600 });
    const { code, err } = await box.run(["start"], { onServe: throwing(new Error("it must not listen")) });
    assert.equal(code, 5);
    assert.match(err, /is not the key file/);
  });
});

Deno.test("start names the variables in force, never their values", async () => {
  using box = commandLine();
  const { err } = await box.run(["start"], {
    env: { HTTPS_PROXY: "http://user:canary@proxy", DENO_CERT: "/canary.pem" },
    onErr: (text, system) => /in force/.test(text) && system.raise("SIGINT"),
  });
  assert.match(err, /in force for connections to providers: HTTPS_PROXY, DENO_CERT\n/);
  assert.ok(!err.includes("canary"));
});

function throwing(error: Error): () => never {
  return () => {
    throw error;
  };
}
