import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { join } from "node:path";
import { keyringBox } from "../support/keyring_box.ts";
import { SERVICE } from "../support/libsecret_box.ts";
import { EXECUTABLE, testWith } from "../support/needs.ts";

/** What would make secret-tool print, wait or store something else. */
const HOSTILE = {
  G_MESSAGES_DEBUG: "all",
  G_DBUS_DEBUG: "all",
  SECRET_BACKEND: "file",
  SECRET_FILE_TEST_PATH: "/nonexistent/keyring",
  SNAP_NAME: "a-snap",
  LC_ALL: "C",
  LANG: "de_DE.UTF-8",
  LANGUAGE: "de",
  DISPLAY: ":99",
  LD_DEBUG: "libs",
  XDG_DATA_HOME: "/nonexistent",
};

/** A program that was started, as strace shows it with `-v`. */
interface Started {
  readonly program: string;
  readonly args: string;
  readonly env: string;
}

function startedIn(trace: string): Started[] {
  return [...trace.matchAll(/execve\("([^"]*)", (\[.*?\]), \[(.*)\]\)?/g)].map(([, program, args, env]) => ({
    program: program!,
    args: args!,
    env: env!,
  }));
}

testWith(
  ["compile", "libsecret", "strace"],
  "the sealed program starts secret-tool and nothing else, and tells it nothing that others can see",
  async (t) => {
    await using box = await keyringBox();
    const trace = join(box.box.folder, "trace");
    const wrapper = [
      "strace",
      "-f",
      "-v",
      "-qq",
      "--seccomp-bpf",
      "-e",
      "trace=execve",
      "-s",
      "65535",
      "-o",
      trace,
    ];
    const keys = new Set<string>();
    const commands: readonly (readonly [args: string[], stdin: string])[] = [
      [["keystore", "status"], ""],
      [["providers", "set", "openai"], "sk-proj-one"],
      [["providers", "list"], ""],
      [["env"], ""],
      [["clients", "add", "one"], ""],
      [["doctor"], ""],
      [["keystore", "move", "--to", "machine"], ""],
      [["keystore", "move", "--to", "libsecret"], ""],
      [["import", "agentgazer"], ""],
    ];
    for (const [args, stdin] of commands) {
      await t.step(args.join(" "), async () => {
        const { code, stderr } = await box.run(args, { stdin, wrapper, env: HOSTILE });
        // Its network and its old files are not there.
        if (!["doctor", "import"].includes(args[0]!)) assert.equal(code, 0, stderr);
        for (const { attributes, value } of await box.keyring.items()) {
          if (attributes.service === SERVICE) keys.add(value!);
        }
        const text = await Deno.readTextFile(trace);
        const [own, ...children] = startedIn(text);
        assert.equal(own?.program, EXECUTABLE);
        const bus = box.keyring.env.DBUS_SESSION_BUS_ADDRESS;
        for (const { program, args, env } of children) {
          assert.equal(program, "/usr/bin/secret-tool");
          assert.match(args, /^\["\/usr\/bin\/secret-tool", "(search|lookup|store|clear)", /);
          assert.deepEqual(env.split(", ").sort(), [
            `"DBUS_SESSION_BUS_ADDRESS=${bus}"`,
            '"LC_ALL=C.UTF-8"',
          ]);
        }
        for (const key of keys) {
          const bytes = Buffer.from(key.slice("agz1:".length), "base64");
          for (const piece of ["agz1", key.slice(5, 17), bytes.toString("hex", 0, 8)]) {
            assert.ok(!text.includes(piece), "a key is on a command line");
          }
        }
      });
    }
    assert.equal(keys.size, 2);
    assert.deepEqual(await box.opened("openai"), ["sk-proj-one"]);
    assert.deepEqual(await box.accounts(), [box.recorded().id]);
  },
);
