import assert from "node:assert/strict";
import { join } from "node:path";
import { type KeyringBox, keyringBox } from "../support/keyring_box.ts";
import { EXECUTABLE, testWith } from "../support/needs.ts";
import { type Providers, startProviders } from "../support/providers.ts";
import { type Pty, startPty } from "../support/pty.ts";

const KEY = "sk-proj-q7Zx2Wv9Kp4Tn8Rb3Md6";
const WAITING = /agentgazer: waiting for the keyring to be unlocked; look for its dialog/;

interface Locked extends AsyncDisposable {
  readonly box: KeyringBox;
  readonly providers: Providers;
  readonly token: string;
}

/** A vault with a key of OpenAI whose keyring is locked. */
async function makeLocked(): Promise<Locked> {
  const folder = await Deno.makeTempDir({ prefix: "agentgazer-test-" });
  const providers = await startProviders(folder);
  const box = await keyringBox("open", providers, folder);
  assert.equal((await box.set(KEY)).code, 0);
  const token: string = JSON.parse((await box.run(["env", "--shell", "json"])).stdout).OPENAI_API_KEY;
  await box.keyring.lock();
  return {
    box,
    providers,
    token,
    async [Symbol.asyncDispose]() {
      await box[Symbol.asyncDispose]();
      await providers[Symbol.asyncDispose]();
    },
  };
}

function call(url: string, token: string): Promise<Response> {
  return fetch(`${url}/openai/v1/models`, { headers: { authorization: `Bearer ${token}` } });
}

testWith(
  ["compile", "libsecret", "namespace", "openssl"],
  "start with a locked keyring answers 503 without a prompt, and heals",
  async (t) => {
    await using scene = await makeLocked();
    const { box, providers, token } = scene;
    await using prompter = await box.keyring.prompter("silent");
    await using proxy = await box.start();
    await t.step("it says how to unlock", () => {
      assert.match(
        proxy.log(),
        /warn: .*it is locked; requests are answered with 503 until .*\n.*warn: hint: .*unlock/,
      );
    });
    await t.step("requests are refused, and nothing leaves", async () => {
      const answers = await Promise.all([1, 2, 3].map(() => call(proxy.url, token)));
      for (const answer of answers) {
        assert.equal(answer.status, 503);
        assert.match((await answer.json()).error.message, /it is locked.*unlock/s);
      }
      assert.equal((await call(proxy.url, "wrong")).status, 401);
      assert.equal(providers.received.length, 0);
    });
    await t.step("no request makes a dialog appear", async () => {
      assert.equal(await prompter.prompts(), 0);
    });
    await t.step("it heals by itself", async () => {
      await box.keyring.unlock();
      const answer = await call(proxy.url, token);
      assert.equal(answer.status, 200, await answer.text());
      assert.equal(providers.takeOne().headers.get("authorization"), `Bearer ${KEY}`);
    });
    await t.step("it holds the key, whatever becomes of the keyring", async () => {
      await box.keyring.lockCold();
      assert.equal((await call(proxy.url, token)).status, 200);
      await box.keyring.crash();
      assert.equal((await call(proxy.url, token)).status, 200);
    });
    assert.equal(await proxy.stop(), 0);
  },
);

testWith(
  ["compile", "libsecret", "namespace", "openssl"],
  "start with a keyring that hangs, or is gone, heals too",
  async () => {
    await using scene = await makeLocked();
    const { box, token } = scene;
    await box.keyring.crash();
    await using proxy = await box.start();
    assert.equal((await call(proxy.url, token)).status, 503);
    await box.keyring.lockCold();
    assert.equal((await call(proxy.url, token)).status, 503);
    await box.keyring.pause();
    const late = call(proxy.url, token);
    assert.equal((await late).status, 503);
    box.keyring.resume();
    await box.keyring.unlock();
    assert.equal((await call(proxy.url, token)).status, 200);
  },
);

function onTerminal(
  { box, keyring }: KeyringBox,
  command: string,
  env: Readonly<Record<string, string>> = {},
): Pty {
  const own = { HOME: join(box.folder, "home"), NO_COLOR: "1", ...keyring.env, ...env };
  return startPty(`${EXECUTABLE} ${command}; echo "exit: $?"`, own);
}

testWith(
  ["compile", "libsecret", "namespace", "openssl", "script"],
  "on a terminal the user is asked",
  async (t) => {
    await using scene = await makeLocked();
    const { box, token } = scene;
    const prompter = await box.keyring.prompter("silent");
    let prompts = 0;
    await t.step("and the command goes on after the answer", async () => {
      await using pty = onTerminal(box, "env --provider openai");
      await pty.shown(WAITING);
      await prompter.shown(++prompts);
      await prompter.answer();
      await pty.shown(/exit: 0/);
      assert.ok(pty.screen().includes(token));
    });
    await t.step("or ends after a no", async () => {
      await box.keyring.lock();
      await using pty = onTerminal(box, "env --provider openai");
      await prompter.shown(++prompts);
      await prompter.decline();
      await pty.shown(/it was not unlocked[^]*hint: try again[^]*exit: 5/);
    });
    await t.step("a new vault too", async () => {
      const home = join(box.box.folder, "another");
      await using pty = onTerminal(box, `providers set openai ${KEY}`, { AGENTGAZER_HOME: home });
      await prompter.shown(++prompts);
      await pty.shown(WAITING);
      await prompter.answer();
      await pty.shown(/stored the OpenAI key[^]*exit: 0/);
      assert.equal((await box.keyring.items()).length, 2);
    });
    await t.step("nobody is asked in CI, or far away", async () => {
      await box.keyring.lock();
      const elsewhere = [{ CI: "true" }, { SSH_CONNECTION: "10.0.0.1 1 10.0.0.2 22" }, {
        SSH_TTY: "/dev/pts/1",
      }];
      for (const env of elsewhere) {
        await using pty = onTerminal(box, "env", env);
        await pty.shown(/it is locked[^]*exit: 5/);
      }
      await using pty = onTerminal(box, "env 2>&1 | cat");
      await pty.shown(/it is locked/);
      assert.equal(await prompter.prompts(), prompts);
    });
    await t.step("keystore status and doctor ask nobody", async () => {
      for (const [command, says] of [["keystore status", /locked;/], ["doctor", /it is locked/]] as const) {
        await using pty = onTerminal(box, command);
        await pty.shown(says);
        await pty.shown(/exit: /);
      }
      assert.equal(await prompter.prompts(), prompts);
    });
    await t.step("start asks before it listens", async () => {
      await using pty = onTerminal(box, "start --port 0");
      await prompter.shown(++prompts);
      await pty.shown(WAITING);
      await prompter.answer();
      const [, url] = await pty.shown(/listens on (http:\S+)/);
      const answer = await call(url!, "wrong");
      assert.equal(answer.status, 401);
      await answer.body?.cancel();
      await pty.type("\x03");
      await pty.shown(/info: stopped/);
    });
    await t.step("start goes on after a no", async () => {
      await box.keyring.lock();
      await using pty = onTerminal(box, "start --port 0");
      await prompter.shown(++prompts);
      await prompter.decline();
      const [, url] = await pty.shown(/it was not unlocked[^]*503[^]*listens on (http:\S+)/);
      const answer = await call(url!, token);
      assert.equal(answer.status, 503);
      await answer.body?.cancel();
      assert.equal(await prompter.prompts(), prompts);
      await pty.type("\x03");
      await pty.shown(/info: stopped/);
    });
  },
);
