import assert from "node:assert/strict";
import { sessionBus } from "../../backends/session_bus.ts";
import { type TemporaryFolder, temporaryFolder } from "../support/temporary_folder.ts";

type Env = Readonly<Record<string, string>>;

function busIn(env: Env): string | undefined {
  return sessionBus((name) => env[name]);
}

const ADDRESSES: [address: string, want: string | undefined][] = [
  ["unix:path=/run/user/1000/bus", "unix:path=/run/user/1000/bus"],
  ["unix:abstract=/tmp/dbus-x,guid=0123", "unix:abstract=/tmp/dbus-x,guid=0123"],
  ["unix:path=/nonexistent", "unix:path=/nonexistent"],
  ["tcp:host=localhost,port=1", "tcp:host=localhost,port=1"],
  ["autolaunch:", undefined],
  ["autolaunch:scope=*user", undefined],
];

Deno.test("sessionBus() takes the address from the environment, and starts no bus of its own", async (t) => {
  for (const [address, want] of ADDRESSES) {
    await t.step(address, () => assert.equal(busIn({ DBUS_SESSION_BUS_ADDRESS: address }), want));
  }
});

/** Runs with a socket named `bus` in a folder of this name. */
function withSocket(name: string, work: (folder: string) => void): void {
  using temporary = temporaryFolder();
  const folder = temporary.at(name);
  Deno.mkdirSync(folder);
  using _socket = Deno.listen({ transport: "unix", path: `${folder}/bus` });
  work(folder);
}

Deno.test("sessionBus() finds the socket that systemd makes", () => {
  withSocket("1000", (folder) => {
    assert.equal(busIn({ XDG_RUNTIME_DIR: folder }), `unix:path=${folder}/bus`);
  });
});

Deno.test("sessionBus() prefers the address, unless its socket is not there or it is an order to start a bus", async (t) => {
  const rows: [what: string, address: (folder: string) => string, isTaken: boolean][] = [
    ["a socket", (folder) => `unix:path=${folder}/other`, true],
    ["a socket, and more", (folder) => `unix:path=${folder}/other,guid=01`, true],
    ["no socket, and more", () => "unix:path=/x,guid=01", true],
    ["no socket, and another address", () => "unix:path=/x;unix:path=/y", true],
    ["no socket, in hex", () => "unix:path=/%78", true],
    ["an abstract socket", () => "unix:abstract=/x", true],
    ["a port", () => "tcp:host=127.0.0.1,port=1", true],
    ["nonsense", () => "nonsense", true],
    ["no socket", () => "unix:path=/x", false],
    ["a file", (folder) => `unix:path=${folder}/file`, false],
    ["a folder", (folder) => `unix:path=${folder}`, false],
    ["an order", () => "autolaunch:", false],
    ["an order in a scope", () => "autolaunch:scope=*user", false],
    ["nothing", () => "", false],
  ];
  for (const [what, addressIn, isTaken] of rows) {
    await t.step(what, () =>
      withSocket("1000", (folder) => {
        Deno.writeTextFileSync(`${folder}/file`, "");
        using _other = Deno.listen({ transport: "unix", path: `${folder}/other` });
        const address = addressIn(folder);
        const env = { XDG_RUNTIME_DIR: folder, DBUS_SESSION_BUS_ADDRESS: address };
        assert.equal(busIn(env), isTaken ? address : `unix:path=${folder}/bus`);
      }));
  }
});

const ODD: [name: string, written: string][] = [
  ["a b", "a%20b"],
  ["a,b", "a%2Cb"],
  ["a;b", "a%3Bb"],
  ["a=b", "a%3Db"],
  ["a:b", "a%3Ab"],
  ["a%20b", "a%2520b"],
  ["ü", "%C3%BC"],
  ["😀", "%F0%9F%98%80"],
  ["a'(!)~b", "a%27%28%21%29%7Eb"],
  ["a-B_9.c*", "a-B_9.c*"],
];

Deno.test("sessionBus() writes other characters of the path in hex, so that none ends the address", async (t) => {
  for (const [name, written] of ODD) {
    await t.step(name, () =>
      withSocket(name, (folder) => {
        const address = busIn({ XDG_RUNTIME_DIR: folder })!;
        assert.ok(address.endsWith(`/${written}/bus`), address);
        assert.match(address, /^unix:path=[-0-9A-Za-z_/.\\*%]+$/);
        assert.equal(decodeURIComponent(address.slice("unix:path=".length)), `${folder}/bus`);
      }));
  }
});

const NO_BUS: [what: string, make: (folder: TemporaryFolder) => Env][] = [
  ["nothing set", () => ({})],
  ["a folder that is not there", (folder) => ({ XDG_RUNTIME_DIR: folder.at("none") })],
  ["an empty folder", (folder) => ({ XDG_RUNTIME_DIR: folder.path })],
  ["a file named bus", (folder) => {
    Deno.writeTextFileSync(folder.at("bus"), "");
    return { XDG_RUNTIME_DIR: folder.path };
  }],
  ["a folder named bus", (folder) => {
    Deno.mkdirSync(folder.at("bus"));
    return { XDG_RUNTIME_DIR: folder.path };
  }],
  ["a link to nowhere", (folder) => {
    Deno.symlinkSync(folder.at("none"), folder.at("bus"));
    return { XDG_RUNTIME_DIR: folder.path };
  }],
  ["a file in place of the folder", (folder) => {
    Deno.writeTextFileSync(folder.at("file"), "");
    return { XDG_RUNTIME_DIR: folder.at("file") };
  }],
];

Deno.test("sessionBus() finds no bus", async (t) => {
  for (const [what, make] of NO_BUS) {
    await t.step(`with ${what}`, () => {
      using folder = temporaryFolder();
      assert.equal(busIn(make(folder)), undefined);
    });
  }
});

Deno.test("sessionBus() reads nothing below the working directory", () => {
  const before = Deno.cwd();
  withSocket("run", (folder) => {
    const up = "../".repeat(before.split("/").length - 1);
    for (const relative of [`${up}${folder.slice(1)}`, "run", "./run", "", "~"]) {
      assert.equal(busIn({ XDG_RUNTIME_DIR: relative }), undefined, relative);
    }
  });
});
