import { temporaryFolder } from "../temporary_folder.ts";
import { type Bytes, bytesOf, pack, textOf, unpack } from "./bytes.ts";
import { writeProgram } from "../write_program.ts";
import type { Mode } from "./modes.ts";
import { now } from "./print.ts";
import { serve } from "./server.ts";
import type { State } from "./state.ts";

export type { Action, Answer, Answers, Mode } from "./modes.ts";

const CLIENT = Deno.readTextFileSync(new URL("client.pl", import.meta.url));

/** A generic password. */
export interface Item {
  readonly service: string;
  readonly account: string;
  readonly label: string;
  readonly secret: Uint8Array;
}

/** One start of the tool. */
export interface Call {
  /** The arguments after the program's name. */
  readonly argv: readonly string[];
  /** What it read from stdin; not what was left in the pipe. */
  readonly stdin: Uint8Array;
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
export function startSecurity({ mode = "normal" }: { readonly mode?: Mode } = {}): Security {
  const folder = temporaryFolder();
  const path = folder.at("security");
  const socket = folder.at("socket");
  const state: State = { mode, items: [], starts: [], dialogs: 0 };
  writeProgram(path, `#!/usr/bin/perl\nour $socket = ${quote(socket)};\n${CLIENT}`);
  const server = serve(socket, state);

  return {
    path,
    get mode() {
      return state.mode;
    },
    set mode(next) {
      state.mode = next;
    },
    put: (service, account, secret) => put(state, bytesOf(service), bytesOf(account), pack(secret)),
    items: () =>
      state.items.map(({ attributes, secret }) => ({
        service: textOf(attributes.service ?? ""),
        account: textOf(attributes.account ?? ""),
        label: textOf(attributes.label ?? ""),
        secret: unpack(secret),
      })),
    calls: () => state.starts.map(({ argv, stdin }) => ({ argv, stdin: unpack(stdin) })),
    dialogs: () => state.dialogs,
    [Symbol.dispose]() {
      server[Symbol.dispose]();
      folder[Symbol.dispose]();
    },
  };
}

/** For Perl. */
function quote(text: string): string {
  return `'${text.replaceAll(/['\\]/g, "\\$&")}'`;
}

function put({ items }: State, service: Bytes, account: Bytes, secret: Bytes): void {
  const modified = now();
  const found = items.find(({ attributes }) =>
    attributes.service === service && attributes.account === account
  );
  if (found === undefined) {
    items.push({ attributes: { account, service, label: service }, secret, created: modified, modified });
  } else {
    Object.assign(found, { secret, modified });
  }
}
