import assert from "node:assert/strict";
import type { Machine } from "../support/debian/machine.ts";
import {
  type DebianScene,
  install,
  KEY,
  listening,
  logged,
  startDebianScene,
} from "../support/debian/scene.ts";
import { testWith } from "../support/needs.ts";

/** Stores the key in a new vault, calls the proxy, and gives what the provider got for a credential. */
async function useService(
  { machine, providers }: DebianScene,
  variable = "AGENTGAZER_MACHINE_KEY_FILE=/etc/agentgazer/ada.key",
) {
  const { adaGets } = machine;
  await adaGets(`rm -rf ~/.agentgazer; ${variable} agentgazer providers set openai`, `${KEY}\n`);
  await adaGets("systemctl --user daemon-reload; systemctl --user restart agentgazer");
  await listening(machine);
  providers.received.splice(0);
  await adaGets(`eval "$(${variable} agentgazer env)"
    curl -s --fail "$OPENAI_BASE_URL/models" -H "Authorization: Bearer $OPENAI_API_KEY"`);
  return providers.takeOne().headers.get("authorization");
}

/** Makes a key file that ada may read. */
async function makeKey({ root }: Machine, path: string, bytes = 32): Promise<void> {
  const folder = path.slice(0, path.lastIndexOf("/"));
  const { code, output } = await root(
    `mkdir -p ${folder}; chmod 755 ${folder}; head -c ${bytes} /dev/urandom > ${path}; chgrp ada ${path}; chmod 640 ${path}`,
  );
  assert.equal(code, 0, output);
}

/** What `systemctl --user edit agentgazer` writes. */
function dropIn({ adaGets }: Machine, line: string): Promise<string> {
  return adaGets(
    `printf '[Service]\\n%s\\n' '${line}' > ~/.config/systemd/user/agentgazer.service.d/key.conf`,
  );
}

/** Starts the service, which fails. @returns what it wrote to the journal */
async function failure(machine: Machine): Promise<string> {
  const cursor = await machine.adaGets("journalctl --user -n 0 --show-cursor | sed -n 's/^-- cursor: //p'");
  await machine.ada("systemctl --user daemon-reload; systemctl --user restart agentgazer");
  return await logged(machine, "Failed with result", cursor.trim());
}

testWith(["nspawn"], "the service takes the vault's key from a systemd credential", async (t) => {
  await using scene = await startDebianScene();
  const { machine } = scene;
  await install(machine);
  const key = "/etc/agentgazer/ada.key";
  await makeKey(machine, key);
  const made = () => machine.adaGets("ls ~/.agentgazer/machine.key 2>/dev/null || true");

  await t.step("from a file that the unit names", async () => {
    await dropIn(machine, `LoadCredential=agentgazer.key:${key}`);
    assert.equal(await useService(scene), `Bearer ${KEY}`);
    assert.equal(await made(), "");
  });

  await t.step("from the machine's own store of credentials", async () => {
    await machine.adaGets("rm ~/.config/systemd/user/agentgazer.service.d/key.conf");
    await makeKey(machine, "/etc/credstore/agentgazer.key");
    const variable = "AGENTGAZER_MACHINE_KEY_FILE=/etc/credstore/agentgazer.key";
    assert.equal(await useService(scene, variable), `Bearer ${KEY}`);
    assert.equal(await made(), "");
  });

  await t.step("not when there is none: then machine.key is made", async () => {
    await machine.root("rm -r /etc/credstore");
    assert.equal(await useService(scene, ""), `Bearer ${KEY}`);
    assert.notEqual(await made(), "");
  });

  await t.step("another one: it says so, and is not started again and again", async () => {
    await makeKey(machine, key);
    await dropIn(machine, `LoadCredential=agentgazer.key:${key}`);
    assert.match(await failure(machine), /is not the key file that it was made with/);
    assert.equal(await machine.adaGets("systemctl --user show agentgazer -p SubState --value"), "failed\n");
  });

  await t.step("one that is too short: it runs, and says so", async () => {
    await makeKey(machine, key, 31);
    await machine.adaGets("systemctl --user daemon-reload; systemctl --user restart agentgazer");
    await listening(machine);
    assert.match(
      await machine.adaGets("journalctl --user -u agentgazer -o cat"),
      /it is shorter than 32 bytes/,
    );
  });

  await t.step("one that is missing: systemd says so", async () => {
    await machine.root(`rm ${key}`);
    assert.match(await failure(machine), /credentials: No such file or directory/);
  });
});
