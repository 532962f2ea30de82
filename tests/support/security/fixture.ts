import { fileURLToPath } from "node:url";
import { temporaryFolder } from "../temporary_folder.ts";
import { type Bytes, bytesOf, pack, textOf, unpack } from "./bytes.ts";
import { writeProgram } from "../write_program.ts";
import type { Mode } from "./modes.ts";
import { now } from "./print.ts";
import { type Call, State } from "./state.ts";

export type { Action, Answer, Answers, Mode } from "./modes.ts";
export type { Call } from "./state.ts";

const PROGRAM = fileURLToPath(new URL("program.ts", import.meta.url));

/** A generic password. */
export interface Item {
  readonly service: string;
  readonly account: string;
  readonly label: string;
  readonly secret: Uint8Array;
}

/** A stand-in for `/usr/bin/security`, with a Keychain of its own. Both are gone at disposal. */
export interface Security extends Disposable {
  /** The executable. It needs nothing of the environment. */
  readonly path: string;
  /** The state in which the Keychain is met from now on. */
  mode: Mode;
  /** Adds an item, or changes its secret, in any mode. */
  put(service: string, account: string, secret: Uint8Array): void;
  /** All items, as they are stored. */
  items(): Item[];
  /** Every start of the executable so far, in order. */
  calls(): Call[];
  /** How many dialogs were opened so far. */
  dialogs(): number;
}

/** Makes a stand-in with an empty Keychain. */
export function startSecurity(options: { readonly mode?: Mode } = {}): Security {
  const folder = temporaryFolder();
  const path = folder.at("security");
  const state = new State(folder.at("state"));
  let mode = options.mode ?? "normal";
  state.prepare(mode);
  writeProgram(path, script(state.folder));

  return {
    path,
    get mode() {
      return mode;
    },
    set mode(next) {
      mode = next;
      state.setMode(next);
    },
    put: (service, account, secret) => put(state, bytesOf(service), bytesOf(account), pack(secret)),
    items: () =>
      state.items().map(({ attributes, secret }) => ({
        service: textOf(attributes.service ?? ""),
        account: textOf(attributes.account ?? ""),
        label: textOf(attributes.label ?? ""),
        secret: unpack(secret),
      })),
    calls: () => state.calls(),
    dialogs: () => state.dialogs(),
    [Symbol.dispose]: () => folder[Symbol.dispose](),
  };
}

/** The environment is cleared by whoever starts it, so it brings along what the runtime needs. */
function script(folder: string): string {
  const exports = ["HOME", "DENO_DIR"].flatMap((name) => {
    const value = Deno.env.get(name);
    return value === undefined ? [] : [`export ${name}=${quote(value)}\n`];
  });
  const command = [Deno.execPath(), "run", "-q", "-A", "--no-config", PROGRAM, folder].map(quote).join(" ");
  return `#!/bin/sh\n${exports.join("")}exec ${command} "$@"\n`;
}

/** For a shell. */
function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

function put(state: State, service: Bytes, account: Bytes, secret: Bytes): void {
  state.change((items) => {
    const modified = now();
    const found = items.find(({ attributes }) =>
      attributes.service === service && attributes.account === account
    );
    if (found === undefined) {
      items.push({ attributes: { account, service, label: service }, secret, created: modified, modified });
    } else {
      Object.assign(found, { secret, modified });
    }
  });
}
