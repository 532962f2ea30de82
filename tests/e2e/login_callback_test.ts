import assert from "node:assert/strict";
import { beginLogin, type BrowserLogin, browserScene, storedIn, visit } from "../support/browser_login.ts";
import { testWith } from "../support/needs.ts";
import { rawRequest, sendRaw } from "../support/raw.ts";
import type { LoginScene } from "../support/vendors/login_scene.ts";

const NEEDS = ["compile", "namespace", "openssl"] as const;

const HOST = "localhost:1455";
const PATH = "/auth/callback";
const ORIGIN = { origin: "https://attacker.test", "access-control-request-method": "GET" };

/** Requests that carry the right query, and yet are not the one that ends a login. */
const STRANGE: [name: string, make: (query: string) => string, status: number][] = [
  ["another Host", (query) => get(`${PATH}?${query}`, "attacker.test:1455"), 421],
  ["a look-alike Host", (query) => get(`${PATH}?${query}`, "localhost.attacker.test:1455"), 421],
  ["the address as Host", (query) => get(`${PATH}?${query}`, "127.0.0.1:1455"), 421],
  ["the other address as Host", (query) => get(`${PATH}?${query}`, "[::1]:1455"), 421],
  ["another port in Host", (query) => get(`${PATH}?${query}`, "localhost:1457"), 421],
  ["no port in Host", (query) => get(`${PATH}?${query}`, "localhost"), 421],
  ["userinfo in Host", (query) => get(`${PATH}?${query}`, "a@localhost:1455"), 421],
  ["a path in Host", (query) => get("/", `${HOST}${PATH}?${query}`), 421],
  ["an empty Host", (query) => get(`${PATH}?${query}`, ""), 421],
  ["no Host", (query) => rawRequest(`GET ${PATH}?${query}`, {}), 421],
  ["no Host in HTTP/1.0", (query) => `GET ${PATH}?${query} HTTP/1.0\r\n\r\n`, 421],
  ["two Hosts", (query) => rawRequest(`GET ${PATH}?${query}`, { host: HOST, Host: "attacker.test" }), 421],
  ["the same Host twice", (query) => rawRequest(`GET ${PATH}?${query}`, { host: HOST, Host: HOST }), 421],
  ["absolute form, another name", (query) => get(`http://attacker.test${PATH}?${query}`), 421],
  ["absolute form, another port", (query) => get(`http://localhost:1457${PATH}?${query}`), 421],
  ["absolute form, another Host", (query) => get(`http://${HOST}${PATH}?${query}`, "attacker.test"), 421],
  ["POST", (query) => rawRequest(`POST ${PATH}?${query}`, { host: HOST, "content-length": "0" }), 405],
  ["POST of a form", (query) => rawRequest(`POST ${PATH}`, formHeaders(query), query), 405],
  ["HEAD", (query) => rawRequest(`HEAD ${PATH}?${query}`, { host: HOST }), 405],
  ["PUT", (query) => rawRequest(`PUT ${PATH}?${query}`, { host: HOST, "content-length": "0" }), 405],
  ["a preflight", (query) => rawRequest(`OPTIONS ${PATH}?${query}`, { host: HOST, ...ORIGIN }), 405],
  ["a method in lower case", (query) => rawRequest(`get ${PATH}?${query}`, { host: HOST }), 405],
  ["CONNECT", () => rawRequest(`CONNECT ${HOST}`, { host: HOST }), 404],
  ["the path /", (query) => get(`/?${query}`), 404],
  ["the path /success", (query) => get(`/success?${query}`), 404],
  ["the path /cancel, with which Codex ends another's login", () => get("/cancel"), 404],
  ["a longer path", (query) => get(`${PATH}/?${query}`), 404],
  ["a shorter path", (query) => get(`/auth?${query}`), 404],
  ["an empty segment", (query) => get(`/${PATH}?${query}`), 404],
  ["capital letters", (query) => get(`/AUTH/callback?${query}`), 404],
  ["an encoded letter", (query) => get(`/%61uth/callback?${query}`), 404],
  ["the start of TLS", () => "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400],
];

/** Changes of the right query that make it a wrong one. */
const WRONG: [name: string, change: (query: URLSearchParams, state: string) => void][] = [
  ["no state", (query) => query.delete("state")],
  ["an empty state", (query) => query.set("state", "")],
  ["another state", (query) => query.set("state", "A".repeat(43))],
  ["a longer state", (query, state) => query.set("state", `${state}A`)],
  ["a shorter state", (query, state) => query.set("state", state.slice(0, -1))],
  ["a state in other letters", (query, state) => query.set("state", swapCase(state))],
  ["a state with a space behind it", (query, state) => query.set("state", `${state} `)],
  ["a state with a NUL behind it", (query, state) => query.set("state", `${state}\0`)],
  ["the state twice", (query, state) => query.append("state", state)],
  ["another state behind it", (query) => query.append("state", "x")],
  ["a code behind it", (query) => query.append("code", "ac_of-an-attacker")],
  ["the code twice", (query) => query.append("code", query.get("code")!)],
  ["something unknown twice", (query) => repeat(query, "scope", "a")],
  ["no code", (query) => query.delete("code")],
  ["an empty code", (query) => query.set("code", "")],
  ["an error with another state", (query) => assign(query, { error: "access_denied", state: "x" })],
  ["an error twice", (query) => repeat(query, "error", "access_denied")],
  ["another issuer", (query) => query.set("iss", "https://attacker.test")],
  ["an issuer that begins like ours", (query) => query.set("iss", "https://auth.openai.com.attacker.test")],
  ["our issuer with a slash", (query) => query.set("iss", "https://auth.openai.com/")],
  ["tokens in place of a code", (query) => assign(query, { code: "", access_token: "x", id_token: "x" })],
];

testWith(NEEDS, "a request that is not the one that ends a login changes nothing", async (t) => {
  await using scene = await browserScene();
  await using login = await beginLogin(scene);
  const query = new URL(scene.codex.approve(login.url)).search.slice(1);
  for (const [name, make, expected] of STRANGE) {
    await t.step(`${name}: ${expected}`, async () => {
      const { status, head } = await sendRaw(1455, make(query));
      assert.equal(status, expected);
      assert.doesNotMatch(head, /access-control|set-cookie|location/i);
    });
  }
  await assertIntact(scene, login);
});

testWith(NEEDS, "a query that is not of this login is refused, and the right one still works", async (t) => {
  await using scene = await browserScene();
  await using login = await beginLogin(scene);
  const right = scene.codex.approve(login.url);
  for (const [name, change] of WRONG) {
    await t.step(name, async () => {
      const url = new URL(right);
      change(url.searchParams, login.state);
      const { status, text } = await visit(url.href);
      assert.equal(status, 400);
      assert.match(text, /^This address was refused/);
      assert.doesNotMatch(text, /attacker/);
    });
  }
  await assertIntact(scene, login);
});

testWith(NEEDS, "an address in another spelling, or of another issuer, does not end a login", async (t) => {
  await using scene = await browserScene();
  const refused = {
    "another scheme": (query: string) => get(`https://${HOST}${PATH}?${query}`),
    "userinfo": (query: string) => get(`http://a:b@${HOST}${PATH}?${query}`),
    "a backslash": (query: string) => get(`/auth\\callback?${query}`),
    "a dot segment": (query: string) => get(`/x/..${PATH}?${query}`),
    // RFC 9207, section 2.4: errors too.
    "an error of another issuer": (query: string) =>
      get(`${PATH}?${query.replace(/code=[^&]*/, "error=access_denied")}&iss=https://attacker.test`),
  };
  for (const [name, make] of Object.entries(refused)) {
    await t.step(name, async () => {
      await using login = await beginLogin(scene);
      const right = scene.codex.approve(login.url);
      const { status, body } = await sendRaw(1455, make(new URL(right).search.slice(1)));
      assert.ok([400, 404, 421].includes(status), `${status}`);
      assert.doesNotMatch(body, /The login failed/);
      assert.equal((await visit(right)).status, 200);
    });
  }
});

/** Nothing was sent or stored meanwhile, and the login still ends as it should. */
async function assertIntact(scene: LoginScene, login: BrowserLogin): Promise<void> {
  assert.equal(scene.providers.received.length, 0);
  assert.deepEqual(await storedIn(scene), []);
  const issuer = encodeURIComponent("https://auth.openai.com");
  const { status, text } = await visit(`${scene.codex.approve(login.url)}&iss=${issuer}`);
  assert.equal(status, 200, text);
  assert.equal((await login.ended).code, 0);
  assert.deepEqual(await storedIn(scene), ["openai-oauth"]);
}

function get(target: string, host = HOST): string {
  return rawRequest(`GET ${target}`, { host });
}

function formHeaders(body: string): Record<string, string> {
  const type = "application/x-www-form-urlencoded";
  return { host: HOST, "content-type": type, "content-length": String(body.length) };
}

function assign(query: URLSearchParams, values: Record<string, string>): void {
  for (const [name, value] of Object.entries(values)) query.set(name, value);
}

function repeat(query: URLSearchParams, name: string, value: string): void {
  for (let time = 0; time < 2; time++) query.append(name, value);
}

function swapCase(text: string): string {
  return text.replaceAll(/[a-z]/gi, (char) => char < "a" ? char.toLowerCase() : char.toUpperCase());
}
