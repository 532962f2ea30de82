import assert from "node:assert/strict";
import { CANARY, findCanary } from "../../support/canary.ts";
import { commandLine, type CommandOptions } from "../../support/command_line.ts";
import { damageEntry } from "../../support/command_vault.ts";
import { fakeUpstream } from "../../support/fake_upstream.ts";

Deno.test("providers test shows on a terminal whom it waits for, and takes it back", async (t) => {
  const ids = ["openai", "mistral", "cohere", "yi"];
  using line = commandLine();
  for (const id of ids) await line.run(["providers", "set", id], { stdin: ["key"] });
  const { upstream } = fakeUpstream(() => Response.json({ valid: true }));
  await t.step("on a terminal", async () => {
    const { out, err } = await line.run(["providers", "test"], { upstream, isTerminal: true });
    const states = err.split("\r\x1b[2K");
    assert.deepEqual(states.slice(0, 2), ["", "waiting for 4 of 4"]);
    assert.ok(states.includes("waiting for 1 of 4: yi"), err);
    assert.equal(states.at(-1), "");
    assert.match(out, /ID +RESULT +DETAIL/);
  });
  for (
    const [name, args, options] of [["elsewhere", [], {}], ["with NO_COLOR elsewhere", ["--json"], {
      env: { NO_COLOR: "1" },
    }]] as [string, string[], CommandOptions][]
  ) {
    await t.step(name, async () => {
      const { err } = await line.run(["providers", "test", ...args], { upstream, ...options });
      assert.equal(err, "");
    });
  }
});

Deno.test("providers test takes back whom it waits for, however it ends", async (t) => {
  const ends: [name: string, code: number, options: CommandOptions][] = [
    ["rejected", 3, fakeUpstream(() => new Response("{}", { status: 401 }))],
    ["unreachable", 7, { upstream: () => Promise.reject(new Error("no")) }],
    ["late", 7, { upstream: () => new Promise(() => {}), sleep: () => Promise.resolve() }],
    ["by a bug", 1, {
      ...fakeUpstream(() => Response.json({})),
      sleep: () => {
        throw new Error("a bug");
      },
    }],
  ];
  for (const [name, code, options] of ends) {
    await t.step(name, async () => {
      using line = commandLine();
      for (const id of ["openai", "mistral"]) await line.run(["providers", "set", id], { stdin: ["key"] });
      const result = await line.run(["providers", "test"], { ...options, isTerminal: true });
      assert.equal(result.code, code, result.err);
      const states = result.err.split("\r\x1b[2K");
      assert.deepEqual(states[1], "waiting for 2 of 2: openai, mistral");
      assert.match(states.at(-1)!, /^agentgazer: error: /);
    });
  }
  await t.step("with a damaged entry", async () => {
    using line = commandLine();
    for (const id of ["openai", "mistral"]) await line.run(["providers", "set", id], { stdin: ["key"] });
    damageEntry(line, "api-key:openai");
    const fake = fakeUpstream(() => Response.json({}));
    const { err } = await line.run(["providers", "test"], { upstream: fake.upstream, isTerminal: true });
    const states = err.split("\r\x1b[2K");
    assert.ok(states.includes("waiting for 1 of 2: mistral"), err);
    assert.match(states.at(-1)!, /^agentgazer: error: .*stored key of openai/);
  });
});

Deno.test("providers test repeats nothing of a key, whatever echoes it", async (t) => {
  const echo = JSON.stringify({
    error: { message: CANARY, code: CANARY },
    base_resp: { status_code: CANARY },
  });
  const rows: [name: string, answer: () => Response][] = [200, 302, 400, 401, 403, 429, 500].map((status) => [
    `status ${status}`,
    () =>
      new Response(echo, { status, statusText: CANARY, headers: { location: `/${CANARY}`, "x-a": CANARY } }),
  ]);
  rows.push(["a failure", () => {
    throw new TypeError(`bad header ${CANARY}`);
  }]);
  using line = commandLine();
  for (const id of ["openai", "google", "cohere", "zhipu", "minimax", "moonshot"]) {
    await line.run(["providers", "set", id, "--force"], { stdin: [CANARY] });
  }
  for (const [name, answer] of rows) {
    for (const options of [{}, { isTerminal: true }]) {
      for (const args of [[], ["--json"]]) {
        await t.step([name, JSON.stringify(options), ...args].join(" "), async () => {
          const fake = fakeUpstream(answer);
          const { out, err } = await line.run(["providers", "test", ...args], {
            ...fake,
            upstream: fake.upstream,
            ...options,
          });
          assert.ok(fake.calls.length >= 6);
          assert.equal(findCanary(out + err), undefined, out + err);
        });
      }
    }
  }
});
