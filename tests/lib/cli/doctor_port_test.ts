import assert from "node:assert/strict";
import { publishAddress } from "../../../lib/cli/proxy_file.ts";
import { AppError } from "../../../lib/errors.ts";
import { assertOnly, checkUp } from "../../support/check_up.ts";
import { type CommandLine, commandLine, type CommandOptions } from "../../support/command_line.ts";
import { homeOf } from "../../support/command_vault.ts";

const ALONE = { sleep: () => assert.fail("nobody is waited for"), onOther() {} };

Deno.test("doctor says who has the proxy's port", async (t) => {
  const taken = () => {
    throw new Deno.errors.AddrInUse("taken");
  };
  await t.step("nobody", async () => {
    using line = commandLine();
    const asked: unknown[] = [];
    const { findings } = await checkUp(line, { onServe: (options) => void asked.push(options) });
    assert.match(
      findings.find(({ check }) => check === "port")!.message,
      /not running; its port 18900 is free$/,
    );
    assert.deepEqual(asked, [{ hostname: "127.0.0.1", port: 18900 }]);
  });
  await t.step("another program", async () => {
    using line = commandLine();
    const result = await checkUp(line, { onServe: taken });
    const fix = "agentgazer start --port 18901";
    assertOnly(result, "port", "warning", /^another program uses port 18900$/, fix);
    assert.equal(result.code, 0);
  });
  await t.step("we", async () => {
    using line = commandLine();
    const withdraw = await publishAddress(homeOf(line), {
      url: "http://127.0.0.1:18955",
      port: 18955,
      pid: 1,
    }, ALONE);
    const { troubles, findings } = await checkUp(line, { onServe: taken });
    assert.deepEqual(troubles, []);
    assert.match(
      findings.find(({ check }) => check === "port")!.message,
      /runs at http:\/\/127\.0\.0\.1:18955$/,
    );
    await withdraw();
    assert.equal((await checkUp(line, { onServe: taken })).troubles.length, 1);
  });
  for (
    const left of [
      "",
      "{",
      "{}",
      '{"url":"http://evil.test:1","port":1,"pid":1}',
      '{"url":"http://127.0.0.1:1","pid":1}',
      '{"url":"http://127.0.0.1:1","port":"1","pid":1}',
      '{"url":"http://127.0.0.1:1","port":1,"pid":1}',
    ]
  ) {
    await t.step(`a file that a dead one left: ${left}`, async () => {
      using line = commandLine();
      await line.run(["clients", "add", "ci"]);
      Deno.writeTextFileSync(homeOf(line).proxy, left, { mode: 0o600 });
      const { troubles, findings } = await checkUp(line);
      assert.deepEqual(troubles, []);
      assert.match(findings.find(({ check }) => check === "port")!.message, /is free$/);
    });
  }
});

Deno.test("doctor knows where we run, whatever is wrong with the vault", async (t) => {
  const rows: [name: string, spoil: (line: CommandLine) => void, options?: CommandOptions][] = [
    ["nothing", () => {}],
    ["a damaged one", (line) => Deno.writeTextFileSync(homeOf(line).vault, "{")],
    ["open modes", (line) => Deno.chmodSync(homeOf(line).vault, 0o644)],
    ["a backend that is none", () => {}, {
      keyStores: () => {
        throw new AppError("usage", "no such backend", "name another");
      },
    }],
  ];
  for (const [name, spoil, options] of rows) {
    await t.step(name, async () => {
      using line = commandLine();
      await line.run(["clients", "add", "ci"]);
      const withdraw = await publishAddress(homeOf(line), {
        url: "http://127.0.0.1:18900",
        port: 18900,
        pid: 1,
      }, ALONE);
      spoil(line);
      const { findings } = await checkUp(line, {
        ...options,
        onServe: () => {
          throw new Deno.errors.AddrInUse("taken");
        },
      });
      const port = findings.find(({ check }) => check === "port")!;
      assert.deepEqual([port.level, port.message], ["ok", "the proxy runs at http://127.0.0.1:18900"]);
      await withdraw();
    });
  }
});

Deno.test("doctor opens no port while the runtime would open another", async (t) => {
  for (const [name, value] of [["DENO_SERVE_ADDRESS", "tcp:0.0.0.0:1"], ["SSLKEYLOGFILE", "/tmp/keys"]]) {
    await t.step(name!, async () => {
      using line = commandLine();
      await line.run(["clients", "add", "ci"]);
      const asked: unknown[] = [];
      const { findings } = await checkUp(line, {
        env: { [name!]: value! },
        onServe: (options) => void asked.push(options),
      });
      assert.deepEqual(asked, []);
      assert.deepEqual(findings.filter(({ check }) => ["port", "clock"].includes(check)), []);
    });
  }
});
