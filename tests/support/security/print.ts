import { type Bytes, hex } from "./bytes.ts";
import type { StoredItem } from "./state.ts";

const KEYCHAIN = "/Users/tester/Library/Keychains/login.keychain-db";

/** The attributes of a generic password, in the order in which the tool prints them. */
const ATTRIBUTES: [name: string, value: (item: StoredItem) => Bytes | undefined][] = [
  ["0x00000007 <blob>", ({ attributes }) => attributes.label],
  ["0x00000008 <blob>", () => undefined],
  ['"acct"<blob>', ({ attributes }) => attributes.account],
  ['"cdat"<timedate>', ({ created }) => created],
  ['"crtr"<uint32>', () => undefined],
  ['"cusi"<sint32>', () => undefined],
  ['"desc"<blob>', ({ attributes }) => attributes.kind],
  ['"gena"<blob>', () => undefined],
  ['"icmt"<blob>', ({ attributes }) => attributes.comment],
  ['"invi"<sint32>', () => undefined],
  ['"mdat"<timedate>', ({ modified }) => modified],
  ['"nega"<sint32>', () => undefined],
  ['"prot"<blob>', () => undefined],
  ['"scrp"<sint32>', () => undefined],
  ['"svce"<blob>', ({ attributes }) => attributes.service],
  ['"type"<uint32>', () => undefined],
];

/** What `find-generic-password` prints of an item; nothing of its secret. */
export function printedItem(item: StoredItem): Bytes {
  const lines = ATTRIBUTES.map(([name, value]) => {
    const bytes = value(item);
    return `    ${name}=${bytes === undefined ? "<NULL>" : printedBytes(bytes)}\n`;
  });
  return `keychain: "${KEYCHAIN}"\nversion: 512\nclass: "genp"\nattributes:\n${lines.join("")}`;
}

/** Text in quotes, and anything else as hexadecimal digits, followed by the text that is in it, if any. */
export function printedBytes(bytes: Bytes): Bytes {
  const digits = /[^ -~]|\\/.test(bytes) ? `0x${hex(bytes).toUpperCase()} ` : "";
  const quoted = `"${bytes.replaceAll(/[^ -~]|\\/g, octal)}"`;
  if (digits === "") return bytes === "" ? "" : quoted;
  return /(?!\\)[ -~]/.test(bytes) ? `${digits} ${quoted}` : digits;
}

/** What `find-generic-password -w` prints: nothing says which of the two it is. */
export function printedSecret(secret: Bytes): Bytes {
  return `${/[^ -~]/.test(secret) ? hex(secret) : secret}\n`;
}

/** The time as the Keychain keeps it. */
export function now(): string {
  return `${new Date().toISOString().replaceAll(/\D/g, "").slice(0, 14)}Z\0`;
}

function octal(byte: Bytes): string {
  return `\\${byte.charCodeAt(0).toString(8).padStart(3, "0")}`;
}
