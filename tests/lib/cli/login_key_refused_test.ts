import assert from "node:assert/strict";
import { assertNoCanary, CANARY } from "../../support/canary.ts";
import { commandLine, type CommandOptions } from "../../support/command_line.ts";
import { ID, kept, logIn, scene } from "../../support/plan_scene.ts";

const JSON_401 = () =>
  Promise.resolve(Response.json({ error: { code: "1001", message: CANARY } }, { status: 401 }));
const status = (status: number, body = "") => () => Promise.resolve(new Response(body, { status }));

const REFUSED: [what: string, upstream: CommandOptions["upstream"], code: number, says: RegExp][] = [
  [
    "a rejected key",
    JSON_401,
    3,
    /error: Cannot store the Zhipu GLM Coding Plan key: the plan does not accept it\nagentgazer: hint: make one on /,
  ],
  [
    "a key without a plan",
    status(429, '{"error":{"code":"1113","message":"no"}}'),
    3,
    /does not accept it \(no plan, or no balance\)\nagentgazer: hint: for a key of bigmodel\.cn: /,
  ],
  [
    "a key of a plan that has expired",
    status(429, '{"error":{"code":"1309","message":"no"}}'),
    3,
    /\(the plan has expired\)\n/,
  ],
  [
    "a service that fails",
    status(500, CANARY),
    7,
    /The key could not be checked: .*status 500\nagentgazer: hint: nothing was stored; try again\n$/,
  ],
  ["a page in between", status(200, `<html>${CANARY}`), 7, /could not be checked: .*no JSON\n/],
  [
    "a redirect",
    () => Promise.resolve(new Response(null, { status: 302, headers: { location: CANARY } })),
    7,
    /a redirect/,
  ],
  [
    "a service out of reach",
    () => Promise.reject(new Error(CANARY)),
    7,
    /could not be checked: the connection broke off\n/,
  ],
];

Deno.test("login to the Coding Plan stores nothing that the plan does not take, and repeats nothing", async (t) => {
  for (const [what, upstream, code, says] of REFUSED) {
    for (const isTerminal of [true, false]) {
      await t.step(`${what}, ${isTerminal ? "typed" : "from stdin"}`, async () => {
        using line = commandLine();
        const result = await logIn(line, scene(), CANARY, [], { isTerminal, ...upstream && { upstream } });
        assert.deepEqual([result.code, result.out], [code, ""], result.err);
        assert.match(result.err, says);
        assertNoCanary(result.err, "stderr");
        assert.equal(await kept(line), undefined);
      });
    }
  }
});

Deno.test("login to the Coding Plan leaves the stored key as it is when another one is rejected", async () => {
  using line = commandLine();
  const plan = scene();
  const key = plan.zhipu.makeKey("global");
  await logIn(line, plan, key);
  assert.equal((await logIn(line, plan, CANARY)).code, 3);
  assert.deepEqual(JSON.parse((await kept(line))!), { accessToken: key });
});

Deno.test("login to the Coding Plan names the command for a key of the other region", async () => {
  using line = commandLine();
  const plan = scene();
  const { code, err } = await logIn(line, plan, plan.zhipu.makeKey("cn"));
  assert.equal(code, 3);
  assert.match(
    err,
    /; for a key of bigmodel\.cn: agentgazer login zhipu-coding-plan --region cn\n$/,
  );
  assert.deepEqual(plan.hosts, ["api.z.ai"]);
  assert.equal(await kept(line), undefined);
});

const NO_KEYS: [what: string, stdin: string[], isTerminal: boolean, code: number][] = [
  ["nothing", [], false, 2],
  ["an empty line", ["\n"], false, 2],
  ["Enter alone", ["\r"], true, 2],
  ["two lines", [`${CANARY}\n${CANARY}\n`], false, 2],
  ["a pasted command behind it", [`${CANARY}\rls\r`], true, 2],
  ["white space in it", [`${CANARY} ${CANARY}\n`], false, 2],
  ["a letter that no header takes", [`${CANARY}é\n`], false, 2],
  ["a key of another provider", [`sk-ant-${CANARY}\n`], false, 6],
  ["64 KiB", ["x".repeat(65_536)], false, 2],
  ["Ctrl-C", [CANARY, "\x03"], true, 130],
  ["Ctrl-D", ["\x04"], true, 130],
];

Deno.test("login to the Coding Plan asks nobody about what is no key", async (t) => {
  for (const [what, stdin, isTerminal, code] of NO_KEYS) {
    await t.step(what, async () => {
      using line = commandLine();
      const plan = scene();
      const result = await line.run(["login", ID], { ...plan.options, stdin, isTerminal });
      assert.equal(result.code, code, result.err);
      assertNoCanary(result.err, "stderr");
      assert.deepEqual([plan.hosts, await kept(line)], [[], undefined]);
    });
  }
});

Deno.test("login to the Coding Plan proposes no option that it does not have", async () => {
  using line = commandLine();
  const { err } = await line.run(["login", ID], { stdin: [`sk-ant-${CANARY}\n`] });
  assert.match(err, /it looks like a key of Anthropic\n/);
  assert.doesNotMatch(err, /--force/);
});
