import assert from "node:assert/strict";
import { Refusal } from "../../../lib/proxy/refusal.ts";
import { assertOnly, checkUp, telling } from "../../support/check_up.ts";
import { commandLine } from "../../support/command_line.ts";
import { START_TIME } from "../../support/fake_system.ts";
import { fakeUpstream } from "../../support/fake_upstream.ts";

const MINUTE = 60_000;

const FIX = "check the network connection";

Deno.test("doctor compares the clock with a provider's", async (t) => {
  const good = [0, 1000, -1000, 59_000, -59_000];
  for (const skew of good) {
    await t.step(`${skew} ms is fine`, async () => {
      using line = commandLine();
      const { troubles, findings } = await checkUp(line, { upstream: telling(START_TIME + skew) });
      assert.deepEqual(troubles, []);
      assert.match(findings.find(({ check }) => check === "clock")!.message, /the clocks agree$/);
    });
  }
  const bad: [skew: number, message: RegExp][] = [
    [2 * MINUTE, /^the clock of this machine is 2 min behind that of api\.openai\.com$/],
    [-2 * MINUTE, /is 2 min ahead of that of api\.openai\.com$/],
    [62_000, /is 1 min behind/],
    [-62_000, /is 1 min ahead/],
    [-START_TIME, / \d{5} d \d+ h ahead/],
    [365 * 24 * 60 * MINUTE, /is 365 d 0 h behind/],
  ];
  for (const [skew, message] of bad) {
    await t.step(`${skew} ms is an error`, async () => {
      using line = commandLine();
      const result = await checkUp(line, { upstream: telling(START_TIME + skew) });
      assertOnly(result, "clock", "error", message, /set-ntp true/);
    });
  }
});

Deno.test("doctor can do without the time", async (t) => {
  for (const date of [undefined, "", "soon", "1e999", "<b>"]) {
    await t.step(`${date}`, async () => {
      using line = commandLine();
      const headers: Record<string, string> = date === undefined ? {} : { date };
      const { troubles, findings, text } = await checkUp(line, {
        upstream: () => Promise.resolve(new Response("", { headers })),
      });
      assert.deepEqual(troubles, []);
      assert.match(findings.find(({ check }) => check === "clock")!.message, /does not tell the time$/);
      if (date) assert.ok(!text.includes(date));
    });
  }
});

Deno.test("doctor asks one provider once, without a credential, and takes any answer", async (t) => {
  for (const status of [200, 302, 401, 403, 404, 421, 429, 500, 503]) {
    await t.step(`${status}`, async () => {
      using line = commandLine();
      await line.run(["providers", "set", "mistral"], { stdin: ["key"] });
      const fake = fakeUpstream(() =>
        new Response(null, { status, headers: { date: new Date(START_TIME).toUTCString(), location: "/x" } })
      );
      assert.ok((await checkUp(line, { upstream: fake.upstream })).ok);
      const [{ method, url, headers, signal }, ...others] = fake.calls as [typeof fake.calls[0]];
      const sent = { "cache-control": "no-cache" };
      assert.deepEqual([method, url, headers, others], ["GET", "https://api.mistral.ai/", sent, []]);
      assert.ok(signal.aborted);
    });
  }
});

Deno.test("doctor asks the region that is in use for the time", async (t) => {
  const rows: [id: string, region: string, host: string][] = [
    ["moonshot", "global", "api.moonshot.ai"],
    ["zhipu", "cn", "open.bigmodel.cn"],
    ["minimax", "cn", "api.minimaxi.com"],
    ["minimax", "legacy", "api.minimax.chat"],
  ];
  for (const [id, region, host] of rows) {
    await t.step(`${id} ${region}`, async () => {
      using line = commandLine();
      await line.run(["providers", "set", id, "--region", region], { stdin: ["key"] });
      const fake = fakeUpstream(telling(START_TIME));
      const { findings } = await checkUp(line, { upstream: fake.upstream });
      assert.deepEqual(fake.urls, [`https://${host}/`]);
      assert.ok(findings.some(({ message }) => message === `${host} answers, and the clocks agree`));
    });
  }
  await t.step("and where a provider is without one, when it is wrong", async () => {
    using line = commandLine();
    await line.run(["providers", "set", "moonshot"], { stdin: ["key"] });
    Deno.writeTextFileSync(`${line.home}/config.json`, '{"providers":{"moonshot":{"region":"mars"}}}');
    const fake = fakeUpstream(telling(START_TIME));
    await checkUp(line, { upstream: fake.upstream });
    assert.deepEqual(fake.urls, ["https://api.moonshot.cn/"]);
  });
});

Deno.test("doctor says when no provider can be reached", async (t) => {
  await t.step("at all", async () => {
    using line = commandLine();
    const refuse = () =>
      Promise.reject(new Refusal("upstream_failed", "api.openai.com could not be reached: why"));
    const result = await checkUp(line, { upstream: refuse });
    assertOnly(result, "network", "error", /could not be reached: why$/, FIX);
    assert.equal(result.code, 7);
  });
  await t.step("in time", async () => {
    using line = commandLine();
    const slept: number[] = [];
    const fake = fakeUpstream(() => new Promise<Response>(() => {}));
    const sleep = (milliseconds: number) => {
      slept.push(milliseconds);
      return Promise.resolve();
    };
    const result = await checkUp(line, { upstream: fake.upstream, sleep });
    assertOnly(result, "network", "error", /api\.openai\.com did not answer within ten seconds/, FIX);
    assert.deepEqual([result.code, slept], [7, [10_000]]);
    assert.ok(fake.calls[0]!.signal.aborted);
  });
});

const REASONS: [reason: string, env: Record<string, string>, fix: RegExp][] = [
  ["its name could not be resolved", {}, /^check the network connection$/],
  ["its name could not be resolved", { DENO_CERT: "/x" }, /^check the network connection$/],
  ["the connection broke off", { HTTPS_PROXY: "http://x" }, /^check the network, HTTPS_PROXY and NO_PROXY$/],
  ["the connection broke off", { all_proxy: "http://x" }, /^check the network, HTTPS_PROXY and NO_PROXY$/],
  [
    "the file that DENO_CERT names can't be used",
    { DENO_CERT: "/x" },
    /^unset DENO_CERT, or name a PEM file$/,
  ],
  [
    "its certificate is not from an authority that is trusted here",
    { HTTPS_PROXY: "http://x" },
    /^export DENO_TLS_CA_STORE=system {2}# or .*export DENO_CERT=/,
  ],
  ["its certificate is not valid at this machine's time (check the clock)", {}, /^sudo timedatectl/],
];

Deno.test("doctor names what mends a provider that can't be reached", async (t) => {
  for (const [reason, env, fix] of REASONS) {
    await t.step(`${reason}, ${Object.keys(env)}`, async () => {
      using line = commandLine();
      const upstream = () =>
        Promise.reject(new Refusal("upstream_failed", `api.openai.com could not be reached: ${reason}`));
      const { troubles } = await checkUp(line, { upstream, env });
      assert.match(troubles.find(({ check }) => check === "network")!.fix!, fix);
    });
  }
});
