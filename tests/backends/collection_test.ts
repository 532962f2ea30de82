import assert from "node:assert/strict";
import { join } from "node:path";
import { type CollectionState, defaultCollection } from "../../backends/collection.ts";
import { type KeyringState, startKeyring } from "../support/keyring.ts";
import { dbusReply, type ReplyParts } from "../support/libsecret_box.ts";
import { testWith } from "../support/needs.ts";
import { temporaryFolder } from "../support/temporary_folder.ts";

/** Longer than an answer ever takes, in milliseconds. */
const AMPLE = 10_000;

const STATES: readonly (readonly [KeyringState, CollectionState])[] = [
  ["open", "open"],
  ["locked", "locked"],
  ["locked-cold", "locked"],
  ["no-keyring", "none"],
  ["no-provider", "no_service"],
  ["dead-bus", "unknown"],
];

testWith(["libsecret"], "defaultCollection() tells the states of a real keyring apart", async (t) => {
  for (const [state, expected] of STATES) {
    await t.step(state, async () => {
      await using keyring = await startKeyring({ state });
      const address = keyring.env.DBUS_SESSION_BUS_ADDRESS!;
      assert.equal(await defaultCollection(address, AMPLE), expected);
      assert.equal(await defaultCollection(`${address},guid=0123`, AMPLE), expected);
    });
  }
});

testWith(
  ["libsecret"],
  "defaultCollection() sees what changes, causes no prompt, and makes nothing",
  async () => {
    await using keyring = await startKeyring({ state: "open" });
    await using prompter = await keyring.prompter("silent");
    const state = () => defaultCollection(keyring.env.DBUS_SESSION_BUS_ADDRESS!, AMPLE);
    await keyring.lock();
    assert.equal(await state(), "locked");
    await keyring.unlock();
    assert.equal(await state(), "open");
    assert.deepEqual(await Promise.all(Array.from({ length: 8 }, state)), Array(8).fill("open"));
    assert.equal(await prompter.prompts(), 0);
    assert.deepEqual(await keyring.items(), []);
  },
);

testWith(["libsecret"], "defaultCollection() does not wait for a daemon that hangs", async () => {
  await using keyring = await startKeyring({ state: "open" });
  await keyring.pause();
  const began = performance.now();
  assert.equal(await defaultCollection(keyring.env.DBUS_SESSION_BUS_ADDRESS!, 300), "unknown");
  const took = performance.now() - began;
  assert.ok(took >= 290 && took < 3000, `${took}`);
  keyring.resume();
  assert.equal(await defaultCollection(keyring.env.DBUS_SESSION_BUS_ADDRESS!, AMPLE), "open");
});

testWith(["libsecret"], "defaultCollection() finds a bus whose path is written in hex", async () => {
  await using keyring = await startKeyring({ state: "open" });
  const odd = join(keyring.folder, "a folder, 100% odd; ü");
  await Deno.symlink(keyring.env.XDG_RUNTIME_DIR!, odd);
  assert.equal(await defaultCollection(`unix:path=${encodeURIComponent(odd)}/bus`, AMPLE), "open");
});

Deno.test("defaultCollection() asks no other address, and starts nothing", async (t) => {
  using folder = temporaryFolder();
  const mark = folder.at("started");
  Deno.listen({ transport: "unix", path: folder.at("stale") }).close();
  Deno.writeTextFileSync(folder.at("file"), "");
  using tcp = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepted = tcp.accept().then(() => "accepted", () => "nobody came");
  const addresses = [
    "",
    "nonsense",
    "autolaunch:",
    `unixexec:path=/usr/bin/touch,argv1=${mark}`,
    `unixexec:path=/usr/bin/touch,argv1=${mark};unix:path=/nonexistent`,
    `tcp:host=127.0.0.1,port=${tcp.addr.port}`,
    `unix:abstract=${folder.at("abstract")}`,
    `unix:path=${folder.at("stale")}`,
    `unix:path=${folder.at("file")}`,
    `unix:path=${folder.path}`,
    "unix:path=/nonexistent/bus",
    `unix:path=/${"x".repeat(200)}`,
    "unix:path=%zz",
    "unix:path=%00",
    "unix:path=",
    "unix:",
  ];
  for (const address of addresses) {
    await t.step(address.slice(0, 30), async () => {
      assert.equal(await defaultCollection(address, AMPLE), "unknown");
    });
  }
  tcp.close();
  assert.equal(await accepted, "nobody came");
  assert.throws(() => Deno.statSync(mark), Deno.errors.NotFound);
});

/** What a bus says to each thing that it is told, beginning with the login; `undefined` hangs up. */
type Script = readonly (Uint8Array | string | undefined)[];

/** A bus that says what a test wants, to the first who comes. */
async function withBus(script: Script, work: (address: string) => Promise<void>): Promise<void> {
  using folder = temporaryFolder();
  using listener = Deno.listen({ transport: "unix", path: folder.at("bus") });
  const served = serve(listener, script);
  await work(`unix:path=${folder.at("bus")}`);
  await served;
}

async function serve(listener: Deno.Listener, script: Script): Promise<void> {
  using connection = await listener.accept();
  const told = new Uint8Array(65_536);
  try {
    for (const say of script) {
      if (say === undefined || await connection.read(told) === null) return;
      const bytes = typeof say === "string" ? new TextEncoder().encode(say) : say;
      for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
    }
    // Says no more, until the other side hangs up.
    while (await connection.read(told) !== null);
  } catch (error) {
    if (!(error instanceof Deno.errors.BrokenPipe || error instanceof Deno.errors.ConnectionReset)) {
      throw error;
    }
  }
}

const OK = "OK 0123456789abcdef\r\n";
const PATH = "/org/freedesktop/secrets/collection/login";
const signal = dbusReply({ to: 0 });
signal[1] = 4;
const reply = (parts: ReplyParts) => dbusReply(parts);
const joined = (...parts: Uint8Array[]) => Uint8Array.from(parts.flatMap((part) => [...part]));
const huge = dbusReply({ to: 1 });
huge.set([0xff, 0xff, 0xff, 0xff], 4);
const hugeFields = dbusReply({ to: 1 });
hugeFields.set([0xff, 0xff, 0xff, 0xff], 12);

/** The bus gets "AUTH", then "BEGIN" with or before "Hello", so "Hello" is answered as one reading or two. */
const SCRIPTS: readonly (readonly [what: string, script: Script, expected: CollectionState])[] = [
  ["hangs up at once", [undefined], "unknown"],
  ["refuses", ["REJECTED EXTERNAL\r\n"], "unknown"],
  ["hangs up in the middle of a line", ["OK 01", undefined], "unknown"],
  ["says something else", ["HTTP/1.1 400 Bad Request\r\n\r\n"], "unknown"],
  ["says zeros", [new Uint8Array(4096)], "unknown"],
  ["never ends its line", ["x".repeat(50_000)], "unknown"],
  ["says nothing", [""], "unknown"],
  ["hangs up after the login", [OK, undefined], "unknown"],
  ["says nothing after the login", [OK, ""], "unknown"],
  ["says zeros after the login", [OK, new Uint8Array(4096)], "unknown"],
  ["says a text after the login", [OK, "x".repeat(4096)], "unknown"],
  ["says a message without end", [OK, huge], "unknown"],
  ["says fields without end", [OK, hugeFields], "unknown"],
  ["says half a message", [OK, reply({ to: 1 }).slice(0, 20)], "unknown"],
];

Deno.test("defaultCollection() knows nothing from a socket that is no bus", async (t) => {
  for (const [what, script, expected] of SCRIPTS) {
    await t.step(what, async () => {
      await withBus(script, async (address) => {
        const began = performance.now();
        assert.equal(await defaultCollection(address, 500), expected);
        assert.ok(performance.now() - began < 3000);
      });
    });
  }
});

Deno.test("defaultCollection() does not wait for a socket that nobody accepts from", async () => {
  using folder = temporaryFolder();
  using _listener = Deno.listen({ transport: "unix", path: folder.at("bus") });
  const began = performance.now();
  assert.equal(await defaultCollection(`unix:path=${folder.at("bus")}`, 300), "unknown");
  assert.ok(performance.now() - began < 3000);
});

/** A bus that answers the calls by their serials. */
async function withAnswers(
  answers: readonly Uint8Array[],
  work: (address: string) => Promise<void>,
): Promise<void> {
  using folder = temporaryFolder();
  using listener = Deno.listen({ transport: "unix", path: folder.at("bus") });
  const served = answer(listener, answers);
  await work(`unix:path=${folder.at("bus")}`);
  await served;
}

async function answer(listener: Deno.Listener, answers: readonly Uint8Array[]): Promise<void> {
  using connection = await listener.accept();
  let told = "";
  const waitFor = async (text: string) => {
    const bytes = new Uint8Array(4096);
    while (!told.includes(text)) {
      const length = await connection.read(bytes);
      if (length === null) throw new Deno.errors.BrokenPipe();
      told += String.fromCharCode(...bytes.subarray(0, length));
    }
    told = told.slice(told.indexOf(text) + text.length);
  };
  try {
    await waitFor(`\0AUTH EXTERNAL ${new TextEncoder().encode(String(Deno.uid())).toHex()}\r\n`);
    await connection.write(new TextEncoder().encode(OK));
    await waitFor("BEGIN\r\n");
    for (const [i, text] of ["Hello\0", "default\0", "Locked\0"].entries()) {
      await waitFor(text);
      const bytes = answers[i]!;
      // In pieces, as a bus may.
      for (let at = 0; at < bytes.length; at += 7) await connection.write(bytes.subarray(at, at + 7));
    }
    await waitFor("that it hangs up");
  } catch (error) {
    if (!(error instanceof Deno.errors.BrokenPipe || error instanceof Deno.errors.ConnectionReset)) {
      throw error;
    }
  }
}

const HELLO = reply({ to: 1 });
const ALIAS = reply({ to: 2, path: PATH });
const failed = (to: number, name: string) => reply({ to, error: `org.freedesktop.DBus.Error.${name}` });

const ANSWERS: readonly (readonly [what: string, answers: Uint8Array[], expected: CollectionState])[] = [
  ["locked", [HELLO, ALIAS, reply({ to: 3, variant: true })], "locked"],
  ["open", [HELLO, ALIAS, reply({ to: 3, variant: false })], "open"],
  ["none", [HELLO, reply({ to: 2, path: "/" })], "none"],
  [
    "big-endian",
    [{ to: 1 }, { to: 2, path: PATH }, { to: 3, variant: true }].map((one) =>
      reply({ ...one, littleEndian: false })
    ),
    "locked",
  ],
  [
    "among signals and answers to others",
    [
      joined(signal, HELLO, signal),
      joined(reply({ to: 9, path: "/" }), signal, ALIAS),
      joined(reply({ to: 2, path: "/" }), reply({ to: 3, variant: true })),
    ],
    "locked",
  ],
  ["no service", [HELLO, failed(2, "ServiceUnknown")], "no_service"],
  ["no owner", [HELLO, failed(2, "NameHasNoOwner")], "no_service"],
  ["a service that can't be started", [HELLO, failed(2, "Spawn.ExecFailed")], "no_service"],
  ["no reply", [HELLO, failed(2, "NoReply")], "unknown"],
  ["access denied", [HELLO, failed(2, "AccessDenied")], "unknown"],
  ["no such property", [HELLO, ALIAS, failed(3, "UnknownProperty")], "unknown"],
  ["a property of another type", [HELLO, ALIAS, reply({ to: 3, path: "/" })], "unknown"],
  ["an empty answer", [HELLO, reply({ to: 2 })], "unknown"],
  ["an empty property", [HELLO, ALIAS, reply({ to: 3 })], "unknown"],
];

Deno.test("defaultCollection() understands what a bus answers", async (t) => {
  for (const [what, answers, expected] of ANSWERS) {
    await t.step(what, async () => {
      const padded = [...answers, ...Array<Uint8Array>(3 - answers.length).fill(new Uint8Array())];
      await withAnswers(padded, async (address) => {
        assert.equal(await defaultCollection(address, AMPLE), expected);
      });
    });
  }
});
