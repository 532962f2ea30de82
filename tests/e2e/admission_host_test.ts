import assert from "node:assert/strict";
import { testWith } from "../support/needs.ts";
import { rawRequest } from "../support/raw.ts";
import { startScene } from "../support/scene.ts";
import { assertRefused, statusesOf, webSocketRequest } from "../support/web_page_refusal.ts";

const NEEDS = ["compile", "namespace", "openssl"] as const;

/** Host fields that some parser reads as ours. PORT stands for our port. */
const HOSTS: readonly (readonly [what: string, host: string, status: number])[] = [
  ["a path", "localhost:PORT/openai/v1/models", 421],
  ["a path that needs no token", "127.0.0.1:PORT/health", 421],
  ["a query", "127.0.0.1:PORT?attacker.test", 421],
  ["a fragment", "127.0.0.1:PORT#attacker.test", 421],
  ["a backslash", "127.0.0.1:PORT\\attacker.test", 421],
  ["userinfo", "127.0.0.1:PORT@attacker.test", 421],
  ["userinfo with a password", "attacker.test:x@127.0.0.1:PORT", 421],
  ["a comma", "127.0.0.1:PORT,attacker.test", 421],
  ["a semicolon", "127.0.0.1:PORT;attacker.test", 421],
  ["a space", "127.0.0.1:PORT attacker.test", 421],
  ["a space before the port", "127.0.0.1 :PORT", 421],
  ["a tab", "127.0.0.1:PORT\tattacker.test", 421],
  ["a tab in the port", "127.0.0.1:\tPORT", 421],
  ["a NUL", "127.0.0.1:PORT\0attacker.test", 400],
  ["a DEL", "127.0.0.1:PORT\x7fattacker.test", 400],
  ["an escape", "127.0.0.1:PORT\x1battacker.test", 400],
  ["a scheme", "http://127.0.0.1:PORT", 421],
  ["quotes", '"127.0.0.1:PORT"', 421],
  ["percent-encoding", "127%2e0.0.1:PORT", 421],
  ["an encoded slash", "127.0.0.1:PORT%2fattacker.test", 421],
  ["a trailing dot", "localhost.:PORT", 421],
  ["a trailing dot of an address", "127.0.0.1.:PORT", 421],
  ["an empty label", "localhost..:PORT", 421],
  ["a leading dot", ".localhost:PORT", 421],
  ["a name below ours", "attacker.localhost:PORT", 421],
  ["port 0", "127.0.0.1:0", 421],
  ["port 65536", "127.0.0.1:65536", 421],
  ["a port with zeros before it", "127.0.0.1:0PORT", 421],
  ["a port that wraps around to ours", "127.0.0.1:WRAPPED", 421],
  ["a port with a sign", "127.0.0.1:+PORT", 421],
  ["two ports", "127.0.0.1:PORT:PORT", 421],
  ["an empty port", "127.0.0.1:", 421],
  ["only a port", ":PORT", 421],
  ["a hexadecimal address", "0x7f000001:PORT", 421],
  ["a hexadecimal byte", "0x7f.0.0.1:PORT", 421],
  ["an octal byte", "0177.0.0.1:PORT", 421],
  ["a short address", "127.1:PORT", 421],
  ["a decimal address", "2130706433:PORT", 421],
  ["another loopback address", "127.0.0.2:PORT", 421],
  ["any address", "0.0.0.0:PORT", 421],
  ["an IPv4 address in IPv6", "[::ffff:127.0.0.1]:PORT", 421],
  ["any IPv6 address", "[::]:PORT", 421],
  ["IPv6 loopback in full", "[0:0:0:0:0:0:0:1]:PORT", 421],
  ["IPv6 loopback with a zone", "[::1%25lo]:PORT", 421],
  ["IPv6 loopback without brackets", "::1:PORT", 421],
  ["fullwidth letters", "\xef\xbd\x8cocalhost:PORT", 421],
  ["an ideographic full stop", "127\xe3\x80\x820\xe3\x80\x820\xe3\x80\x821:PORT", 421],
  ["punycode", "xn--lcalhost-8za:PORT", 421],
  ["the long s, of which the capital is ours", "localho\xc5\xbft:PORT", 421],
  ["a no-break space around it", "\xa0127.0.0.1:PORT\xa0", 421],
  ["a name of 254 characters", `${"attacker.".repeat(28)}x:PORT`, 421],
  ["ten thousand characters", "attacker.test".repeat(800), 421],
];

testWith(NEEDS, "a Host field that only looks like ours is refused, for a WebSocket too", async (t) => {
  await using scene = await startScene(["openai"]);
  const { port } = scene.proxy;
  for (const [what, template, status] of HOSTS) {
    const host = template.replaceAll("PORT", `${port}`).replace("WRAPPED", `${port + 65_536}`);
    await t.step(`${what}: ${status}`, async () => {
      const headers = { host, "x-api-key": scene.token };
      const hidden = host.length < 10 ? [] : [host, "attacker"];
      await assertRefused(scene, rawRequest("GET /openai/v1/models", headers), status, hidden);
      await assertRefused(scene, rawRequest("GET /health", headers), status, hidden);
      await assertRefused(scene, webSocketRequest("GET /openai/v1/realtime", headers), status, hidden);
    });
  }
  await t.step("our name in capitals, which is the same: 200", async () => {
    const headers = { host: `LocalHost:${port}`, "x-api-key": scene.token };
    assert.deepEqual(await statusesOf(port, rawRequest("GET /openai/v1/models", headers)), [200]);
  });
});

/** Request lines, and a Host field if not ours. OWN stands for our authority. */
const LINES: readonly (readonly [what: string, line: string, status: number, host?: string])[] = [
  ["another host in the target", "GET http://attacker.test/openai/v1/models", 421],
  ["another host in both", "GET http://attacker.test/openai/v1/models", 421, "attacker.test"],
  ["ours in the target only", "GET http://OWN/openai/v1/models", 421, "attacker.test"],
  ["ours under https", "GET https://OWN/openai/v1/models", 421],
  ["ours under another scheme", "GET ws://OWN/openai/v1/realtime", 421],
  ["ours under HTTP in capitals", "GET HTTP://OWN/openai/v1/models", 421],
  ["ours by another name", "GET http://localhost:PORT/openai/v1/models", 421],
  ["ours without a path", "GET http://OWN", 421],
  ["ours as userinfo", "GET http://OWN@attacker.test/openai/v1/models", 421],
  ["ours behind userinfo", "GET http://attacker.test@OWN/openai/v1/models", 421],
  ["ours before a fragment", "GET http://OWN#@attacker.test/", 421],
  ["ours before a backslash", "GET http://OWN\\@attacker.test/", 421],
  ["one slash", "GET http:/OWN/openai/v1/models", 421],
  ["three slashes", "GET http:///OWN/openai/v1/models", 421],
  ["backslashes", "GET http:\\\\OWN\\openai\\v1\\models", 421],
  ["no scheme", "GET OWN/openai/v1/models", 421],
  ["no slash", "GET openai/v1/models", 421],
  ["an at sign", "GET @attacker.test/openai/v1/models", 421],
  ["a query only", "GET ?x=/openai/v1/models", 421],
  ["an authority of another", "GET //attacker.test/openai/v1/models", 404],
  ["an authority of ours", "GET //OWN/openai/v1/models", 404],
  ["three slashes before the route", "GET ///openai/v1/models", 404],
  ["a file", "GET file:///etc/passwd", 421],
  ["a script", "GET javascript:alert(1)", 421],
  ["the provider itself", "GET https://api.openai.com:443/v1/models", 421, "api.openai.com:443"],
  ["CONNECT to a provider", "CONNECT api.openai.com:443", 421],
  ["CONNECT to nobody", "CONNECT :443", 421],
  ["CONNECT with a path of ours", "CONNECT /openai/v1/models", 400],
  ["OPTIONS * with a route behind it", "OPTIONS */openai/v1/models", 404],
  ["a path behind *", "GET */openai/v1/models", 404],
  ["TRACE", "TRACE /openai/v1/models", 400],
  ["a method in lower case", "get /openai/v1/models", 400],
  ["a fragment", "GET /health#/openai/v1/models", 400],
  ["a backslash", "GET /\\attacker.test/openai", 400],
  ["dot segments", "GET /health/../openai/v1/models", 400],
  ["encoded dot segments", "GET /openai/v1/.%2E/models", 400],
  ["a letter beyond ASCII", "GET /openai/v1/m\xf6dels", 400],
  ["white space of another kind", "GET\t/openai/v1/models", 400],
  ["two spaces", "GET  /openai/v1/models", 400],
  ["a space in the target", "GET /openai/v1/models x", 400],
  ["no target", "GET", 400],
  ["a method that is none", "G\xcbT /openai/v1/models", 400],
  ["a method of a hundred letters", `${"G".repeat(100)} /openai/v1/models`, 400],
];

testWith(NEEDS, "a target in any form but a path of ours is refused", async (t) => {
  await using scene = await startScene(["openai"]);
  const { port } = scene.proxy;
  const own = `127.0.0.1:${port}`;
  for (const [what, template, status, host = own] of LINES) {
    const line = template.replaceAll("OWN", own).replaceAll("PORT", `${port}`);
    await t.step(`${what}: ${status}`, async () => {
      const headers = { host, "x-api-key": scene.token };
      await assertRefused(scene, rawRequest(line, headers), status, ["attacker"]);
    });
  }
});
