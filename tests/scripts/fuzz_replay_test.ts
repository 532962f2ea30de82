import assert from "node:assert/strict";
import { keptInputs, keptTargets } from "../../scripts/fuzz/corpus.ts";
import { tried } from "../../scripts/fuzz/run.ts";
import type { Input, Target } from "../../scripts/fuzz/target.ts";
import { TARGETS } from "../../scripts/fuzz/targets.ts";
import { callback } from "../../scripts/fuzz/targets/callback.ts";
import { config } from "../../scripts/fuzz/targets/config.ts";
import { KEY_TEXT } from "../../scripts/fuzz/targets/keystore_tool.ts";
import { requestHead } from "../../scripts/fuzz/targets/request_head.ts";
import { response } from "../../scripts/fuzz/targets/response.ts";
import { routes } from "../../scripts/fuzz/targets/routes.ts";
import { TOKENS } from "../../scripts/fuzz/targets/routes_words.ts";
import { secretTool } from "../../scripts/fuzz/targets/secret_tool.ts";
import { security } from "../../scripts/fuzz/targets/security.ts";
import { tokens } from "../../scripts/fuzz/targets/tokens.ts";
import { REFRESH } from "../../scripts/fuzz/targets/tokens_words.ts";
import { vault } from "../../scripts/fuzz/targets/vault.ts";
import { REDIRECT, STATE } from "../support/fake_callback.ts";

for (const target of TARGETS) {
  Deno.test(`every input that is kept for ${target.name} ends as it should`, async (t) => {
    const kept = keptInputs(target.name);
    assert.ok(kept.size >= 10, "too little is kept to tell much");
    for (const [name, input] of kept) {
      await t.step(name, async () => void await tried(target, input, target.subject));
    }
  });
}

Deno.test("something is kept for every target, and for no other", () => {
  assert.deepEqual(keptTargets(), TARGETS.map(({ name }) => name).sort());
});

/** Fails unless the check takes the code as it is, and not the broken one. */
function breaks<Subject>(target: Target<Subject>, what: string, input: Input, broken: Subject): void {
  Deno.test(`the check of ${target.name} fails when ${what}`, async () => {
    await tried(target, input, target.subject);
    await assert.rejects(() => tried(target, input, broken));
  });
}

breaks(
  requestHead,
  "lines may end without CR",
  ["GET / HTTP/1.1\nhost: h\r\n\r\n"],
  (pieces, reads) => requestHead.subject([pieces.join("").replaceAll(/\r?\n/g, "\r\n")], reads),
);

breaks(
  requestHead,
  "what stands behind a refused request is read",
  ["GET / HTTP/1.1\r\nhost: h\r\nhost: h\r\n\r\nGET /evil HTTP/1.1\r\nhost: h\r\n\r\n"],
  (pieces, reads) => requestHead.subject([pieces.join("").replace(/^.*?\r\n\r\n/s, "")], reads),
);

breaks(response, "a body has more than was declared", [
  "GET",
  "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nokx",
], async (method, pieces) => {
  const { result, ...rest } = await response.subject(method, pieces);
  return typeof result === "string" ? { result, ...rest } : { result: { ...result, body: "okx" }, ...rest };
});

breaks(response, "a connection with something left over is used again", [
  "GET",
  "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nokHTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
], async (method, pieces) => ({ ...await response.subject(method, pieces), freed: true }));

const ROUTE = ["GET /openai/v1/models", "host: 127.0.0.1:18900", `authorization: Bearer ${TOKENS["one"]}`];

breaks(routes, "a request goes to another host", ROUTE, async (head, baseOf) => {
  const forwarded = await routes.subject(head, baseOf);
  assert.ok(typeof forwarded === "object");
  return { ...forwarded, url: new URL("https://api.openai.com.evil.test/v1/models") };
});

breaks(routes, "a header holds the encoded token", ROUTE, async (head, baseOf) => {
  const forwarded = await routes.subject(head, baseOf);
  assert.ok(typeof forwarded === "object");
  return { ...forwarded, headers: [["x-a", TOKENS["one"]!.replace("agz", "%2561gz")]] };
});

breaks(
  vault,
  "an entry opens to the text of another",
  keptInputs("vault").get("whole.json")!,
  async (bytes) => {
    const all = await vault.subject(bytes);
    return all.map((one) => Array.isArray(one) ? [one[0], one[1], "another"] as const : one);
  },
);

breaks(
  secretTool,
  "white space around a key is dropped",
  ["open", "0", "", "attribute.a = b", "0", `${KEY_TEXT}\n`, ""],
  (use, runs) =>
    secretTool.subject(
      use,
      runs.map((run) => typeof run === "string" ? run : { ...run, stdout: run.stdout.trim() }),
    ),
);

breaks(
  security,
  "an output is told",
  ["open", "0", "", "", "0", `${KEY_TEXT} `, ""],
  () => Promise.resolve({ result: { state: "corrupt", reason: `it is ${KEY_TEXT}`, hint: "" }, started: [] }),
);

breaks(tokens, "an answer is told", ["codex renew", "400", `{"error":"${REFRESH}"}`], () => {
  return Promise.resolve({ said: [], renewal: { state: "failed", reason: `it said ${REFRESH}` } });
});

breaks(callback, "the first of repeated parameters counts", [
  `${REDIRECT}?code=ac_1&state=${STATE}&state=x`,
], () => {
  const offer = callback.subject();
  return (text) => offer(text.replace("&state=x", ""));
});

breaks(callback, "a parameter is shown", [`?code=ac_0123456789abc&state=x`], () => (text) => {
  return Promise.resolve({ text: `what is ${text}`, codes: [] });
});

breaks(config, "a region is set in a file that is written anew", ['{ "x": 1, "providers": { } }'], {
  ...config.subject,
  async setRegion(box, provider, region) {
    await config.subject.setRegion(box, provider, region);
    const value = JSON.parse(Deno.readTextFileSync(box.home.config));
    Deno.writeTextFileSync(box.home.config, JSON.stringify(value));
  },
});

breaks(config, "something beside a key is taken out", [
  '{"x": 1, "providers": {"openai": {"apiKey": null, "y": 2}}}',
], {
  ...config.subject,
  async migrate(box) {
    const migration = await config.subject.migrate(box);
    const text = Deno.readTextFileSync(box.home.config);
    Deno.writeTextFileSync(box.home.config, text.replace(', "y": 2', ""));
    return migration;
  },
});
