import assert from "node:assert/strict";
import { join } from "node:path";
import type { Machine } from "../support/debian/machine.ts";
import { install, listening, startDebianScene } from "../support/debian/scene.ts";
import { ROOT, testWith } from "../support/needs.ts";
import { run } from "../support/packages.ts";
import { temporaryFolder } from "../support/temporary_folder.ts";
import { writeProgram } from "../support/write_program.ts";

const GENERATOR = join(ROOT, "scripts", "packaging", "debian", "user-generator");
const SYSCTL = "/proc/sys/kernel/apparmor_restrict_unprivileged_userns";

/** What the generator writes, on a machine with such an unshare and such a setting of AppArmor. */
async function generated(unshare: number, setting?: string): Promise<string[]> {
  using folder = temporaryFolder();
  if (setting !== undefined) Deno.writeTextFileSync(folder.at("setting"), `${setting}\n`);
  const script = (await Deno.readTextFile(GENERATOR)).replace(SYSCTL, folder.at("setting"));
  writeProgram(folder.at("generator"), script);
  writeProgram(folder.at("unshare"), `#!/bin/sh\nexit ${unshare}\n`);
  Deno.mkdirSync(folder.at("units"));
  const env = { PATH: `${folder.path}:${Deno.env.get("PATH")}` };
  const { code, out, err } = await run(folder.at("generator"), [folder.at("units"), "/a", "/b"], env);
  assert.deepEqual([code, out, err], [0, "", ""]);
  const units = [...Deno.readDirSync(folder.at("units"))].map(({ name }) => name);
  assert.ok(units.length === 0 || units[0] === "agentgazer.service.d");
  return units.flatMap((unit) => [...Deno.readDirSync(folder.at("units", unit))].map(({ name }) => name));
}

testWith([], "the generator takes the namespace away where users may not make one", async () => {
  const settings = ["10-no-namespaces.conf"];
  assert.deepEqual(await generated(0), []);
  assert.deepEqual(await generated(0, "0"), []);
  assert.deepEqual(await generated(1), settings);
  assert.deepEqual(await generated(0, "1"), settings);
});

testWith([], "the generator never fails", async () => {
  const { code } = await run("/bin/sh", [GENERATOR, "/dev/null", "/a", "/b"], { PATH: "/nowhere" });
  assert.equal(code, 0);
});

/** Starts the service anew. @returns whether the unit says that it gets a namespace, and whether it has one */
async function started(machine: Machine): Promise<[said: string, has: boolean]> {
  await machine.adaGets("systemctl --user daemon-reload; systemctl --user restart agentgazer");
  await listening(machine);
  const said = await machine.adaGets("systemctl --user show agentgazer --value -p PrivateUsers");
  const seen = await machine.adaGets(`pid=$(systemctl --user show agentgazer --value -p MainPID)
    readlink /proc/self/ns/user /proc/$pid/ns/user`);
  const [own, its] = seen.trim().split("\n");
  return [said.trim(), own !== its];
}

testWith(["nspawn"], "the service starts with and without namespaces of users", async (t) => {
  await using scene = await startDebianScene();
  const { machine } = scene;
  await install(machine);

  await t.step("users may make them", async () => {
    assert.deepEqual(await started(machine), ["yes", true]);
  });

  await t.step("they may not", async () => {
    await machine.root("mv /usr/bin/unshare /root/unshare; ln -s /bin/false /usr/bin/unshare");
    assert.deepEqual(await started(machine), ["no", false]);
  });

  await t.step("a user's own settings come later", async () => {
    const file = "~/.config/systemd/user/agentgazer.service.d/own.conf";
    await machine.adaGets(`printf '[Service]\\nPrivateUsers=yes\\n' > ${file}`);
    assert.deepEqual(await started(machine), ["yes", true]);
    await machine.adaGets(`rm ${file}`);
  });

  await t.step("they may again", async () => {
    await machine.root("mv /root/unshare /usr/bin/unshare");
    assert.deepEqual(await started(machine), ["yes", true]);
  });
});
