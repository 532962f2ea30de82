import assert from "node:assert/strict";
import { temporaryFolder } from "../../support/temporary_folder.ts";

const MODULE = import.meta.resolve("../../../scripts/compile/commit_time.ts");

/** What git takes from neither this machine nor its user. */
const GIT = { GIT_CONFIG_NOSYSTEM: "1", GIT_CONFIG_GLOBAL: "/dev/null", PATH: Deno.env.get("PATH")! };

/** What commitTime() gives for a folder, or what it throws. */
async function timeOf(folder: string, env: Readonly<Record<string, string>> = {}): Promise<string> {
  const code = `import { commitTime } from "${MODULE}";
    console.log(await commitTime(Deno.args[0]).catch((error) => error.message));`;
  const command = new Deno.Command(Deno.execPath(), {
    args: ["eval", code, folder],
    clearEnv: true,
    env: { DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1", HOME: folder, ...GIT, ...env },
  });
  const { stdout, stderr } = await command.output();
  return new TextDecoder().decode(stdout).trim() || new TextDecoder().decode(stderr);
}

async function git(folder: string, ...args: string[]): Promise<void> {
  const date = "@1700000000 +0000";
  const who = {
    GIT_AUTHOR_NAME: "a",
    GIT_AUTHOR_EMAIL: "a",
    GIT_COMMITTER_NAME: "a",
    GIT_COMMITTER_EMAIL: "a",
  };
  const env = { ...GIT, ...who, GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date };
  const { success } = await new Deno.Command("git", { args: ["-C", folder, ...args], env }).output();
  assert.ok(success, `git ${args[0]}`);
}

Deno.test("commitTime() is that of the last commit, of the variable, or 0 without a repository", async () => {
  using folder = temporaryFolder();
  assert.equal(await timeOf(folder.path), "0");
  assert.equal(await timeOf(folder.path, { PATH: "/nowhere" }), "0");
  await git(folder.path, "init", "-q");
  await git(folder.path, "commit", "-q", "--allow-empty", "-m", "one");
  assert.equal(await timeOf(folder.path), "1700000000");
  assert.equal(await timeOf(folder.path, { SOURCE_DATE_EPOCH: "12", PATH: "/nowhere" }), "12");
});

Deno.test("commitTime() does not go on when git does not say the time", async (t) => {
  using folder = temporaryFolder();
  await git(folder.path, "init", "-q");
  await t.step("no commit", async () => {
    assert.match(await timeOf(folder.path), /^git does not say when the last commit was: .*commit/);
  });
  await git(folder.path, "commit", "-q", "--allow-empty", "-m", "one");
  await t.step("the folder belongs to another user", async () => {
    const said = await timeOf(folder.path, { GIT_TEST_ASSUME_DIFFERENT_OWNER: "1" });
    assert.match(said, /^git does not say when the last commit was: .*dubious ownership/);
  });
  await t.step("no git", async () => {
    const said = await timeOf(folder.path, { PATH: "/nowhere" });
    assert.match(said, /^git does not say when the last commit was: /);
  });
});
