import assert from "node:assert/strict";
import { inSandbox, RECIPE } from "../support/bwrap.ts";
import { testWith } from "../support/needs.ts";
import { as, filesIn, makeYard, proveWorking, USER } from "../support/sandbox.ts";

const NEEDS = ["compile", "namespace", "openssl", "setpriv", "bwrap"] as const;

testWith(NEEDS, "the bwrap recipe lets a key be stored and used", async (t) => {
  await using yard = await makeYard();
  for (const [name, user] of [["root", 0], ["nameless", USER]] as const) {
    await t.step(name, async () => {
      const home = await yard.folder(name, user);
      await proveWorking(yard, inSandbox(yard, home, RECIPE, user));
      assert.deepEqual(await Array.fromAsync(Deno.readDir(home), (file) => file.name), [".agentgazer"]);
      assert.ok((await filesIn(`${home}/.agentgazer`)).includes("vault.json"));
      const outside = await yard.box.run(["clients", "add", "ci"], {
        wrapper: as(user),
        env: { HOME: home },
      });
      assert.equal(outside.code, 0, outside.stderr);
    });
  }
});

testWith(NEEDS, "the bwrap recipe shuts everything else out", async (t) => {
  await using yard = await makeYard();
  const home = await yard.folder("ada");
  await yard.file("ada/private", "private");
  // A shell in the place of the executable.
  const script = RECIPE.replace("--proc /proc", "--proc /proc --ro-bind /usr/bin /bin")
    .replace('/agentgazer "$@"\n', '/bin/sh -c "$1"\n');
  const options = inSandbox(yard, home, script, USER);
  const look = async (command: string) => {
    const { stdout, stderr } = await yard.box.run([command], options);
    assert.equal(stderr, "");
    return stdout.trim().split(/\s+/);
  };
  const rows: [what: string, command: string, found: string[]][] = [
    ["variables", "env | cut -d= -f1 | sort", ["AGENTGAZER_HOME", "DENO_CERT", "PWD"]],
    ["the root", "ls /", ["agentgazer", "bin", "ca.pem", "dev", "etc", "lib", "lib64", "proc", "tmp", "usr"]],
    ["/etc", "ls /etc", ["hosts", "machine-id", "nsswitch.conf", "passwd", "resolv.conf"]],
    ["/usr", "ls /usr", ["lib", "lib64"]],
    ["the home", 'ls -A "$AGENTGAZER_HOME/.."', [".agentgazer"]],
    ["places to write to", "find / -xdev -writable -not -type l", [
      `${home}/.agentgazer`,
    ]],
    ["what is mounted to be read", "grep -cE ' /(usr/lib|dev|etc/hosts) [^ ]+ ro,' /proc/self/mounts", ["3"]],
    ["processes", 'cd /proc; ls -d [0-9]* | grep -vx "$$" | head -n 1', ["1"]],
    ["capabilities", "grep Cap /proc/self/status | cut -f2 | uniq", ["0000000000000000"]],
  ];
  for (const [what, command, found] of rows) {
    await t.step(what, async () => assert.deepEqual(await look(command), found));
  }
  await t.step("namespaces", async () => {
    const links = ["pid", "ipc", "uts", "mnt"].map((name) => `/proc/self/ns/${name}`);
    const outside = links.map((link) => Deno.readLinkSync(link));
    const inside = await look(`readlink ${links.join(" ")}`);
    assert.deepEqual(inside.filter((id) => outside.includes(id)), []);
  });
});
