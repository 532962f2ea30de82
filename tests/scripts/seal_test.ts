import assert from "node:assert/strict";
import { sealFlags } from "../../scripts/seal.ts";

/** Written out, so that nothing joins the network by a change in one place. */
const NETWORK = [
  "api.openai.com:443",
  "chatgpt.com:443",
  "api.anthropic.com:443",
  "generativelanguage.googleapis.com:443",
  "api.mistral.ai:443",
  "api.cohere.com:443",
  "api.cohere.ai:443",
  "api.deepseek.com:443",
  "api.moonshot.cn:443",
  "api.moonshot.ai:443",
  "api.z.ai:443",
  "open.bigmodel.cn:443",
  "api.minimax.chat:443",
  "api.minimax.io:443",
  "api.minimaxi.com:443",
  "api.baichuan-ai.com:443",
  "api.lingyiwanwu.com:443",
  "127.0.0.1",
  "[::1]",
  "0.0.0.0",
  "[::]",
];

/** What a flag lists, or `undefined` when it isn't there. */
function listed(os: string, name: string): string[] | undefined {
  const found = sealFlags(os).filter((flag) => flag === name || flag.startsWith(name + "="));
  assert.ok(found.length <= 1, `${name} is there twice`);
  return found[0]?.slice(name.length + 1).split(",");
}

for (const os of ["linux", "darwin"]) {
  Deno.test(`sealFlags() opens the network of ${os} to the table's hosts on 443 and to the listening addresses`, () => {
    assert.deepEqual(listed(os, "--allow-net")?.sort(), NETWORK.toSorted());
  });

  Deno.test(`sealFlags() asks nobody on ${os} and hides what is not listed`, () => {
    const flags = sealFlags(os);
    assert.ok(flags.includes("--no-prompt"));
    assert.ok(flags.includes("--ignore-env"));
  });

  Deno.test(`sealFlags() gives ${os} no permission beyond those of the design`, () => {
    const flags = sealFlags(os);
    const names = flags.map((flag) => flag.split("=", 1)[0]!);
    const known = [
      "--no-prompt",
      "--allow-read",
      "--allow-write",
      "--allow-net",
      "--allow-env",
      "--ignore-env",
      "--allow-sys",
    ];
    assert.deepEqual(names.toSorted(), [...known, ...os === "darwin" ? ["--allow-run"] : []].toSorted());
    for (const name of ["--allow-net", "--allow-env", "--allow-sys", "--allow-run", "--allow-all", "-A"]) {
      assert.ok(!flags.includes(name), `${name} without a list`);
    }
    for (const flag of flags) assert.doesNotMatch(flag, /\s|,,|,$|=$|\*|:444|:\/\//);
  });

  Deno.test(`sealFlags() lets ${os} read no variable that holds a credential or loads code`, () => {
    const names = listed(os, "--allow-env")!;
    assert.ok(names.includes("AGENTGAZER_HOME") && names.includes("HOME"));
    for (const name of names) {
      assert.match(name, /^[A-Za-z][A-Za-z0-9_]*$/);
      assert.doesNotMatch(
        name,
        /API_KEY|TOKEN|PASSWORD|SECRET$|^LD_|^DYLD_|^NODE_|^PATH$|^DENO_DIR$|V8_FLAGS/,
      );
    }
  });

  Deno.test(`sealFlags() tells ${os} who runs it, and not the name of the host`, () => {
    assert.deepEqual(listed(os, "--allow-sys")?.sort(), ["gid", "uid", "userInfo"]);
  });
}

Deno.test("sealFlags() starts nothing on Linux, and on macOS only ioreg by its absolute path", () => {
  assert.equal(listed("linux", "--allow-run"), undefined);
  assert.deepEqual(listed("darwin", "--allow-run"), ["/usr/sbin/ioreg"]);
  for (const os of ["windows", "freebsd", "", "Darwin"]) assert.equal(listed(os, "--allow-run"), undefined);
});
