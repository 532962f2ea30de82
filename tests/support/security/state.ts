import type { Attributes } from "./attributes.ts";
import type { Bytes } from "./bytes.ts";
import type { Mode } from "./modes.ts";

export interface StoredItem {
  readonly attributes: Attributes;
  secret: Bytes;
  readonly created: string;
  modified: string;
}

/** One start of the tool. */
export interface Start {
  /** The arguments after the program's name. */
  readonly argv: readonly string[];
  /** What it has read from stdin; not what is left in the pipe. */
  stdin: Bytes;
}

/** What all starts of one stand-in share. */
export interface State {
  mode: Mode;
  readonly items: StoredItem[];
  readonly starts: Start[];
  /** How many dialogs were opened. */
  dialogs: number;
}
