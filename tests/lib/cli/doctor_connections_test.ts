import assert from "node:assert/strict";
import { assertOnly, checkUp } from "../../support/check_up.ts";
import { commandLine } from "../../support/command_line.ts";
import { fakeUpstream } from "../../support/fake_upstream.ts";

Deno.test("doctor names what is in force for connections, and never its value", async (t) => {
  const secret = "http://ada:Vb3nQ8rT5xZw2LkJ@proxy.test:3128";
  const rows: [env: Record<string, string>, message: RegExp][] = [
    [{ HTTPS_PROXY: secret }, /in force.*: HTTPS_PROXY$/],
    [{ https_proxy: secret, no_proxy: secret }, /: https_proxy, no_proxy$/],
    [{ ALL_PROXY: secret, DENO_CERT: secret }, /: ALL_PROXY, DENO_CERT$/],
    [{ DENO_TLS_CA_STORE: "system", SSL_CERT_FILE: secret }, /: DENO_TLS_CA_STORE, SSL_CERT_FILE$/],
    [{ DENO_TLS_CA_STORE: "mozilla", SSL_CERT_FILE: secret }, /: DENO_TLS_CA_STORE$/],
    [{ SSL_CERT_FILE: secret }, /^no variable changes/],
  ];
  for (const [env, message] of rows) {
    await t.step(Object.keys(env).join(), async () => {
      using line = commandLine();
      const { findings, text } = await checkUp(line, { env });
      assert.match(findings.find(({ check }) => check === "network")!.message, message);
      assert.doesNotMatch(text, /Vb3n|ada:|proxy\.test/);
    });
  }
});

Deno.test("doctor calls nobody while the runtime would break a promise", async (t) => {
  for (
    const [name, value] of [["SSLKEYLOGFILE", "/tmp/keys"], ["DENO_SERVE_ADDRESS", "tcp:0.0.0.0:1"]] as const
  ) {
    await t.step(name, async () => {
      using line = commandLine();
      const fake = fakeUpstream(() => new Response());
      const result = await checkUp(line, { upstream: fake.upstream, env: { [name]: value } });
      const found = result.troubles.find(({ check }) => check === "network")!;
      assert.ok(found.message.startsWith(`${name} is set: `));
      assert.equal(found.fix, `unset ${name}`);
      assert.equal(result.code, 6);
      assert.deepEqual(fake.urls, []);
      assert.ok(!result.text.includes(value));
    });
  }
});

Deno.test("doctor warns where tools would send the local token to a proxy", async (t) => {
  const proxy = "http://ada:Vb3nQ8rT5xZw2LkJ@proxy.test:3128";
  const rows: [env: Record<string, string>, name: string | undefined][] = [
    [{ HTTP_PROXY: proxy }, "HTTP_PROXY"],
    [{ http_proxy: proxy }, "http_proxy"],
    [{ HTTP_PROXY: proxy, http_proxy: proxy }, "HTTP_PROXY"],
    [{ HTTP_PROXY: proxy, NO_PROXY: "" }, "HTTP_PROXY"],
    [{ HTTP_PROXY: proxy, NO_PROXY: "localhost" }, "HTTP_PROXY"],
    [{ HTTP_PROXY: proxy, NO_PROXY: "example.test,127.0.0.10,x127.0.0.1,127.0.0.1.test" }, "HTTP_PROXY"],
    [{ HTTP_PROXY: proxy, NO_PROXY: "*.test" }, "HTTP_PROXY"],
    [{ HTTP_PROXY: proxy, NO_PROXY: "127.0.0.1" }, undefined],
    [{ HTTP_PROXY: proxy, no_proxy: "example.test, 127.0.0.1 ,localhost" }, undefined],
    [{ http_proxy: proxy, NO_PROXY: "*" }, undefined],
    [{ ALL_PROXY: proxy }, "ALL_PROXY"],
    [{ ALL_PROXY: proxy, NO_PROXY: "127.0.0.0/8" }, undefined],
    [{ HTTPS_PROXY: proxy, https_proxy: proxy }, undefined],
    [{ NO_PROXY: "example.test" }, undefined],
  ];
  for (const [env, name] of rows) {
    await t.step(JSON.stringify(env).replaceAll(proxy, "…"), async () => {
      using line = commandLine();
      const result = await checkUp(line, { env });
      assert.doesNotMatch(result.text, /Vb3n|ada:|proxy\.test/);
      assert.equal(result.code, 0);
      if (name === undefined) return assert.deepEqual(result.troubles, []);
      const message = new RegExp(`^${name} is set, so some tools send the local token to that proxy$`);
      const fix = 'export NO_PROXY="127.0.0.1,localhost,$NO_PROXY"';
      assertOnly(result, "environment", "warning", message, fix);
      const script = `${result.troubles[0]!.fix}; printf %s "$NO_PROXY"`;
      const { stdout } = await new Deno.Command("sh", { args: ["-c", script], env, clearEnv: true }).output();
      const mended = { ...env, NO_PROXY: new TextDecoder().decode(stdout) };
      assert.deepEqual((await checkUp(line, { env: mended })).troubles, []);
    });
  }
});
