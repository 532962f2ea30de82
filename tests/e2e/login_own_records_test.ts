import assert from "node:assert/strict";
import { join } from "node:path";
import { beginLogin, browserScene, visit } from "../support/browser_login.ts";
import { logInByCode } from "../support/login_run.ts";
import { testWith } from "../support/needs.ts";
import { startLoginProxy } from "../support/vendors/login_proxy.ts";
import { DUE, seed } from "../support/vendors/seed.ts";

const NEEDS = ["compile", "namespace", "openssl", "strace"] as const;

/** Where other tools keep the logins of the same services, below the home folder. */
const RECORDS = [
  ".codex/auth.json",
  ".codex/config.toml",
  ".config/opencode/auth.json",
  ".local/share/opencode/auth.json",
  ".pi/agent/auth.json",
  ".minimax/oauth_creds.json",
  ".mmx/credentials.json",
  ".openclaw/credentials/oauth.json",
  "elsewhere/auth.json",
];

/** Their folders, as any call that names a file would. */
const FOREIGN = /\.codex|opencode|\.pi\b|\.minimax\/|\.mmx|openclaw|\/elsewhere\b/;

/** Records every call that names a file, whether it succeeds or not. */
function traced(file: string): string[] {
  return [
    "strace",
    "-f",
    "--seccomp-bpf",
    "-e",
    "trace=%file,execve",
    "-e",
    "signal=none",
    "-s",
    "4096",
    "-o",
    file,
  ];
}

testWith(NEEDS, "no login, refresh or logout touches the records of other tools", async (t) => {
  await using scene = await browserScene();
  const { box, codex, minimax, zhipu, folder } = scene;
  codex.settings.interval = "2";
  minimax.settings.interval = 2;
  const outside = await Deno.makeTempDir({ prefix: "agentgazer-trace-" });
  const home = join(folder, "home");
  for (const record of RECORDS) {
    const path = join(home, record);
    await Deno.mkdir(join(path, ".."), { recursive: true });
    await Deno.writeTextFile(path, JSON.stringify({ tokens: { access_token: "a", refresh_token: "r" } }));
  }
  const before = await snapshot(home);
  const traces: string[] = [];
  const options = () => {
    const path = join(outside, `trace${traces.length}`);
    traces.push(path);
    return { wrapper: traced(path), env: { CODEX_HOME: join(home, "elsewhere") } };
  };
  const run = async (args: readonly string[], stdin = "") => {
    const { code, stderr } = await box.run(args, { ...options(), stdin });
    assert.equal(code, 0, stderr);
  };

  await t.step("the search finds a program that looks for one", async () => {
    const control = join(outside, "control");
    for (const program of ["cat", "ls"]) {
      await box.run([join(home, ".codex")], { program, wrapper: traced(control) });
      assert.match(withoutExec(await Deno.readTextFile(control)), FOREIGN);
    }
  });
  await t.step("logins", async () => {
    await using login = await beginLogin(scene, ["--no-browser"], options());
    await visit(codex.approve(login.url));
    assert.equal((await login.ended).code, 0);
    const { wrapper } = options();
    await logInByCode(box, ["openai-oauth", "--device"], () => codex.approveDevice(), wrapper);
    await logInByCode(box, ["minimax-oauth", "--device"], () => minimax.approve("global"), options().wrapper);
    await run(["login", "zhipu-coding-plan"], zhipu.makeKey("global"));
  });
  await t.step("refreshes, by a command and by the proxy", async () => {
    for (const id of ["openai-oauth", "minimax-oauth"] as const) await seed(scene, id, DUE);
    await run(["providers", "test"]);
    for (const id of ["openai-oauth", "minimax-oauth"] as const) await seed(scene, id, DUE);
    await using proxy = await startLoginProxy(scene, options());
    for (const id of ["openai-oauth", "minimax-oauth"] as const) {
      assert.equal((await proxy.text(id))[0], 200);
    }
    assert.deepEqual([codex.counts.refresh, minimax.counts.refresh], [2, 2]);
    assert.equal(await proxy.proxy.stop("SIGTERM"), 0);
  });
  await t.step("lists, and logouts", async () => {
    await run(["providers", "list", "--all"]);
    for (const id of ["openai-oauth", "minimax-oauth", "zhipu-coding-plan"]) await run(["logout", id]);
  });
  await t.step("none of them named another tool's file", async () => {
    assert.equal(traces.length, 10);
    for (const path of traces) {
      const trace = withoutExec(await Deno.readTextFile(path));
      assert.match(trace, /openat\(.*vault\.json/);
      assert.deepEqual(trace.split("\n").filter((line) => FOREIGN.test(line)), []);
    }
    assert.deepEqual(await snapshot(home), before);
  });
  await Deno.remove(outside, { recursive: true });
});

/** Without the calls that start the programs, whose arguments name what they are to do. */
function withoutExec(trace: string): string {
  return trace.split("\n").filter((line) => !/ execve\(/.test(line)).join("\n");
}

/** What is below a folder, and when it was changed; but not what is our own. */
async function snapshot(folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = join(folder, name);
    if (name === ".agentgazer") continue;
    if (isDirectory) found.push(...await snapshot(path));
    const { size, mtime, mode } = await Deno.stat(path);
    found.push(`${path} ${size} ${mtime?.getTime()} ${mode}`);
  }
  return found.sort();
}
