import assert from "node:assert/strict";
import config from "../../deno.json" with { type: "json" };
import { install, KEY, listening, logged, makeOlder, startDebianScene } from "../support/debian/scene.ts";
import { Leaks } from "../support/leaks.ts";
import { testWith } from "../support/needs.ts";

/** Calls the proxy as one line of a user. */
const CALL = `eval "$(agentgazer env)"
curl -sN "$OPENAI_BASE_URL/responses" -H "Authorization: Bearer $OPENAI_API_KEY" -H 'content-type: application/json' -d '{"stream": true}'`;

const EVENTS = ["data: one\n\n", "data: two\n\n", "data: [DONE]\n\n"];

/** An answer that streams; the rest comes once it is let go. */
function streaming(): { answer: () => Response; begun: Promise<void>; release: () => void } {
  const begun = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  const encoder = new TextEncoder();
  const answer = () => {
    begun.resolve();
    return new Response(
      new ReadableStream({
        async start(controller) {
          controller.enqueue(encoder.encode(EVENTS[0]));
          await released.promise;
          for (const event of EVENTS.slice(1)) controller.enqueue(encoder.encode(event));
          controller.close();
        },
      }),
      { headers: { "content-type": "text/event-stream" } },
    );
  };
  return { answer, begun: begun.promise, release: released.resolve };
}

testWith(["nspawn"], "a Debian user installs it, uses it, upgrades it and removes it", async (t) => {
  await using scene = await startDebianScene();
  const { machine, providers } = scene;
  const older = await makeOlder(machine);
  const outputs: string[] = [];
  let vault = new Uint8Array();
  const readVault = () => Deno.readFile(machine.at("home/ada/.agentgazer/vault.json"));
  const pid = () => machine.adaGets("systemctl --user show agentgazer --property MainPID --value");

  await t.step("install an older version", async () => {
    outputs.push(await install(machine, older));
    assert.equal(await machine.adaGets("agentgazer --version"), `agentgazer ${config.version}\n`);
    assert.ok(!(await machine.adaGets("systemctl --user is-active agentgazer || true")).startsWith("active"));
  });

  await t.step("start the service without a key: it says what to do", async () => {
    await machine.adaGets("systemctl --user enable --now agentgazer");
    await listening(machine);
    const log = await machine.adaGets("journalctl --user -u agentgazer -o cat");
    assert.match(
      log,
      /^agentgazer \S+ listens on http:\/\/127\.0\.0\.1:18900\npoint a tool at it: .*\nadd a key: /m,
    );
    assert.match(await machine.adaGets(CALL.replace("env)", "env --provider openai)")), /credential_missing/);
  });

  await t.step("store a key, and stream a call through the service", async () => {
    await machine.adaGets("agentgazer providers set openai", `${KEY}\n`);
    const { answer, release } = streaming();
    providers.answer = answer;
    release();
    assert.equal(await machine.adaGets(CALL), EVENTS.join(""));
    const { host, target, headers } = providers.takeOne();
    assert.deepEqual([host, target], ["api.openai.com", "/v1/responses"]);
    assert.equal(headers.get("authorization"), `Bearer ${KEY}`);
    vault = await readVault();
  });

  await t.step("the service is shut in", async () => {
    const main = (await pid()).trim();
    const [status, limits] = await Promise.all(
      ["status", "limits"].map((file) => machine.adaGets(`cat /proc/${main}/${file}`)),
    );
    assert.match(status!, /^NoNewPrivs:\t1$/m);
    assert.match(status!, /^Seccomp:\t2$/m);
    assert.match(limits!, /^Max core file size +0 +0 /m);
    const most = /^Max open files +\d+ +(\d+) /m.exec(await machine.adaGets("cat /proc/1/limits"))![1];
    const wanted = Math.min(65_536, Number(most));
    assert.match(limits!, new RegExp(`^Max open files +${wanted} +${wanted} `, "m"));
    const inside = `nsenter -t ${main} -m -- sh -c`;
    for (const place of ["/home/ada/x", "/usr/x", "/etc/x", "/var/tmp/../x"]) {
      const { code, output } = await machine.root(`${inside} 'echo x > ${place}'`);
      assert.ok(code !== 0 && /Read-only file system/.test(output), `${place}: ${output}`);
    }
    assert.equal(
      (await machine.root(`${inside} 'echo x > /home/ada/.agentgazer/x && rm /home/ada/.agentgazer/x'`)).code,
      0,
    );
  });

  await t.step("upgrade it while a call streams: nothing of it is lost", async () => {
    const before = await pid();
    const { answer, begun, release } = streaming();
    providers.answer = answer;
    const call = machine.adaGets(CALL);
    await begun;
    const upgrade = install(machine);
    await logged(machine, "^Stopping");
    release();
    assert.equal(await call, EVENTS.join(""));
    outputs.push(await upgrade);
    await listening(machine);
    assert.notEqual(await pid(), before);
    providers.takeOne();
    assert.equal(await machine.adaGets("dpkg-query -W -f '${Version}' agentgazer"), config.version);
    assert.equal(await machine.adaGets("ls /usr/share/doc/agentgazer"), "changelog.gz\ncopyright\n");
    assert.deepEqual(await readVault(), vault);
  });

  await t.step("the new version goes on", async () => {
    const { answer, release } = streaming();
    providers.answer = answer;
    release();
    assert.equal(await machine.adaGets(CALL), EVENTS.join(""));
    assert.equal(providers.takeOne().headers.get("authorization"), `Bearer ${KEY}`);
    assert.match(
      await machine.adaGets(
        `bash -c '. /usr/share/bash-completion/completions/agentgazer; COMP_WORDS=(agentgazer pro); COMP_CWORD=1; _agentgazer; echo "$COMPREPLY"'`,
      ),
      /^providers$/m,
    );
  });

  await t.step("remove it: the proxy ends, the vault stays", async () => {
    const { code, output } = await machine.root("apt-get remove -y agentgazer");
    assert.equal(code, 0, output);
    outputs.push(output);
    const show = "systemctl --user show agentgazer --value -p ActiveState -p Result";
    assert.equal(await machine.adaGets(show), "success\ninactive\n");
    assert.notEqual((await machine.ada("curl -s http://127.0.0.1:18900/health")).code, 0);
    assert.deepEqual(await readVault(), vault);
    const { stdout } = await machine.root(
      "ls /usr/bin/agentgazer /usr/lib/systemd/user/agentgazer.service /usr/lib/systemd/user-generators/agentgazer /usr/share/doc/agentgazer /usr/share/man/man1/agentgazer* 2>/dev/null",
    );
    assert.equal(stdout, "");
  });

  await t.step("purge it: it says where the vault is", async () => {
    const { code, output } = await machine.root("apt-get purge -y agentgazer");
    assert.equal(code, 0, output);
    assert.match(output, /the vaults of its users were left where they are, in ~\/\.agentgazer\/vault\.json/);
    // Another product keeps secrets in that folder.
    assert.doesNotMatch(output, /rm -\w*r|\.agentgazer\/?( |$)/m);
    assert.deepEqual(await readVault(), vault);
  });

  await t.step("and nothing of the key was shown or left", async () => {
    const leaks = new Leaks([KEY.split("-").at(-1)!]);
    for (const output of outputs) leaks.assertNone(output, "the output of apt");
    leaks.assertNone(await machine.adaGets("journalctl --user -o export"), "the journal of ada");
    leaks.assertNone((await machine.root("journalctl -o export")).output, "the journal");
    await leaks.assertNoneBelow(machine.at("home"), () => false);
    await leaks.assertNoneBelow(machine.at("tmp"), () => false);
    await leaks.assertNoneBelow(machine.at("run"), () => false);
  });
});
