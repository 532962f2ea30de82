import assert from "node:assert/strict";
import { publishAddress, runningAddress } from "../../../lib/cli/proxy_file.ts";
import { homeFrom } from "../../../lib/vault/home.ts";
import { temporaryFolder } from "../../support/temporary_folder.ts";

/** Processes have the same id where each has a namespace of its own. */
const FIRST = { url: "http://127.0.0.1:19981", port: 19981, pid: 1 };
const SECOND = { url: "https://box:19983", port: 19982, pid: 1 };

/** A second proxy beside a first one, and a clock that ticks when it is told to. */
async function startTwo() {
  const folder = temporaryFolder();
  const home = homeFrom(() => folder.at("home"));
  const ticks: PromiseWithResolvers<void>[] = [];
  const told: string[] = [];
  const waiting = {
    sleep() {
      ticks.push(Promise.withResolvers());
      return ticks.at(-1)!.promise;
    },
    onOther: (url: string) => void told.push(url),
  };
  const first = await publishAddress(home, FIRST, waiting);
  assert.deepEqual(told, []);
  const second = await publishAddress(home, SECOND, waiting);
  return {
    home,
    told,
    first,
    second,
    /** Lets the second one look again. Its work ends in the next turn, since nobody holds the lock. */
    async tick() {
      ticks.at(-1)!.resolve();
      await new Promise((resolve) => setTimeout(resolve));
    },
    [Symbol.dispose]: () => folder[Symbol.dispose](),
  };
}

Deno.test("publishAddress() leaves the place to the proxy that was there first", async () => {
  using two = await startTwo();
  assert.deepEqual(two.told, [FIRST.url]);
  assert.deepEqual(runningAddress(two.home), FIRST);
  await two.tick();
  assert.deepEqual(runningAddress(two.home), FIRST);
  await two.second();
  assert.deepEqual(runningAddress(two.home), FIRST);
  await two.first();
  assert.equal(runningAddress(two.home), undefined);
  await two.tick();
  assert.equal(runningAddress(two.home), undefined, "one that has ended takes no place");
});

Deno.test("publishAddress() takes the place when the first proxy has ended", async () => {
  using two = await startTwo();
  await two.first();
  await two.tick();
  assert.deepEqual(runningAddress(two.home), SECOND);
  assert.deepEqual(two.told, [FIRST.url]);
  await two.second();
  assert.equal(runningAddress(two.home), undefined);
  assert.throws(() => Deno.lstatSync(two.home.proxy), Deno.errors.NotFound);
});

Deno.test("publishAddress() takes nothing back that another proxy has put there", async () => {
  using folder = temporaryFolder();
  const home = homeFrom(() => folder.at("home"));
  const alone = { sleep: () => assert.fail("nobody is waited for"), onOther: () => assert.fail("nobody") };
  const withdraw = await publishAddress(home, FIRST, alone);
  Deno.removeSync(home.proxy);
  const other = await publishAddress(home, SECOND, alone);
  await withdraw();
  assert.deepEqual(runningAddress(home), SECOND);
  await other();
});

Deno.test("publishAddress() replaces a file that can't be used", async () => {
  using folder = temporaryFolder();
  const home = homeFrom(() => folder.at("home"));
  Deno.mkdirSync(home.folder, { mode: 0o700 });
  Deno.writeTextFileSync(home.proxy, JSON.stringify(FIRST));
  Deno.chmodSync(home.proxy, 0o644);
  const alone = { sleep: () => assert.fail("nobody is waited for"), onOther: () => assert.fail("nobody") };
  const withdraw = await publishAddress(home, SECOND, alone);
  assert.deepEqual(runningAddress(home), SECOND);
  await withdraw();
});
