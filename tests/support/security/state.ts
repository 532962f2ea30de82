import { join } from "node:path";
import type { Attributes } from "./attributes.ts";
import type { Bytes } from "./bytes.ts";
import type { Mode } from "./modes.ts";

export interface StoredItem {
  attributes: Attributes;
  secret: Bytes;
  created: string;
  modified: string;
}

/** One start of the tool. */
export interface Call {
  /** The arguments after the program's name. */
  readonly argv: readonly string[];
  /** What it read from stdin; not what was left in the pipe. */
  readonly stdin: Uint8Array;
}

/** The folder that all processes of one stand-in share. */
export class State {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** Makes what the processes expect to be there. */
  prepare(mode: Mode): void {
    Deno.mkdirSync(this.#at("calls"), { recursive: true });
    for (const name of ["lock", "dialogs"]) Deno.writeTextFileSync(this.#at(name), "");
    this.#replace("items", []);
    this.setMode(mode);
  }

  mode(): Mode {
    return this.#read("mode");
  }

  setMode(mode: Mode): void {
    this.#replace("mode", mode);
  }

  items(): StoredItem[] {
    return this.#read("items");
  }

  /** Changes the items while no other process can. */
  change<T>(edit: (items: StoredItem[]) => T): T {
    return this.#locked(() => {
      const items = this.items();
      const result = edit(items);
      this.#replace("items", items);
      return result;
    });
  }

  /** Notes a start, and gives what notes the bytes that this process reads. */
  begin(argv: readonly string[]): (chunk: Uint8Array) => void {
    const number = this.#locked(() => {
      const taken = this.#callNumbers().length;
      this.#replace(join("calls", `${taken}`), argv);
      return taken;
    });
    const path = this.#at("calls", `${number}.stdin`);
    return (chunk) => Deno.writeFileSync(path, chunk, { append: true });
  }

  calls(): Call[] {
    return this.#callNumbers().map((number) => ({
      argv: this.#read(join("calls", `${number}`)),
      stdin: readIfThere(this.#at("calls", `${number}.stdin`)),
    }));
  }

  noteDialog(): void {
    Deno.writeTextFileSync(this.#at("dialogs"), "?", { append: true });
  }

  /** How many dialogs were opened. */
  dialogs(): number {
    return Deno.statSync(this.#at("dialogs")).size;
  }

  #callNumbers(): number[] {
    const names = Deno.readDirSync(this.#at("calls")).map(({ name }) => name).toArray();
    return names.filter((name) => /^\d+\.json$/.test(name)).map((name) => parseInt(name)).sort((a, b) =>
      a - b
    );
  }

  #at(...names: string[]): string {
    return join(this.folder, ...names);
  }

  #read<T>(name: string): T {
    return JSON.parse(Deno.readTextFileSync(this.#at(`${name}.json`)));
  }

  /** A process that is killed leaves the old file or the new one. */
  #replace(name: string, value: unknown): void {
    const fresh = this.#at(`${name}.${Deno.pid}.new`);
    Deno.writeTextFileSync(fresh, JSON.stringify(value));
    Deno.renameSync(fresh, this.#at(`${name}.json`));
  }

  #locked<T>(work: () => T): T {
    using lock = Deno.openSync(this.#at("lock"), { read: true, write: true });
    lock.lockSync(true);
    return work();
  }
}

function readIfThere(path: string): Uint8Array {
  try {
    return Deno.readFileSync(path);
  } catch {
    return new Uint8Array();
  }
}
