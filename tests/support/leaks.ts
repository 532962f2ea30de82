import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { join } from "node:path";

/** How many letters of a secret in a row count as a leak: as it is, as base64, and in hex. */
const [PLAIN, BASE64, HEX] = [8, 12, 16];

/** What says nothing: how keys and tokens of a kind begin. */
const PREFIX = /^(?:rt_|ac_|eyJ|deviceauth_|sk-(?:proj-|ant-api03-|api-)?)/;

/** Many times as fast as a `Buffer`, with millions of bytes. */
const LATIN1 = new TextDecoder("latin1");

/** Searches texts for secrets, in each spelling in which they have leaked from other programs. */
export class Leaks {
  readonly #pieces = new Map<number, Set<string>>([PLAIN, BASE64, HEX].map((length) => [length, new Set()]));
  /** Whether a piece begins with these two letters, of which there is one byte each. */
  readonly #beginnings = new Uint8Array(65_536);

  /** @param secrets of a JWT only the signature counts: its claims are no secret, and shown in part */
  constructor(secrets: Iterable<string>) {
    for (const secret of new Set(secrets)) {
      this.#addSecret(secret.split(".").length === 3 ? secret.split(".")[2]! : secret.replace(PREFIX, ""));
    }
  }

  /** The first piece of a secret in a text. */
  find(text: string): string | undefined {
    for (let at = 0; at + PLAIN <= text.length; at++) {
      const pair = (text.charCodeAt(at) & 255) << 8 | text.charCodeAt(at + 1) & 255;
      if (this.#beginnings[pair] === 0) continue;
      for (const [length, pieces] of this.#pieces) {
        const piece = text.slice(at, at + length);
        if (pieces.has(piece)) return piece;
      }
    }
    return undefined;
  }

  /** Fails when a text holds a piece of a secret. */
  assertNone(text: string, where: string): void {
    const piece = this.find(text);
    const at = piece === undefined ? 0 : Math.max(0, text.indexOf(piece) - 200);
    assert.equal(piece, undefined, `a secret is in ${where}: …${text.slice(at, at + 400)}`);
  }

  /** Fails when a file below a folder, or its name, holds a piece of a secret. */
  async assertNoneBelow(folder: string, isExempt: (path: string) => boolean = () => false): Promise<void> {
    for await (const { name, isDirectory, isFile } of Deno.readDir(folder)) {
      const path = join(folder, name);
      if (isExempt(path)) continue;
      this.assertNone(name, `a file name in ${folder}`);
      if (isDirectory) await this.assertNoneBelow(path, isExempt);
      else if (isFile) this.assertNone(LATIN1.decode(await Deno.readFile(path)), path);
    }
  }

  #addSecret(secret: string): void {
    this.#add(PLAIN, secret);
    this.#add(PLAIN, encodeURIComponent(secret));
    const bytes = Buffer.from(secret);
    this.#add(HEX, bytes.toString("hex"));
    this.#add(HEX, bytes.toString("hex").toUpperCase());
    for (const offset of [0, 1, 2]) {
      // A base64 text depends on where in a group of three bytes it begins.
      const text = Buffer.concat([Buffer.alloc(offset), bytes]).toString("base64").slice(4, -4);
      this.#add(BASE64, text);
      this.#add(BASE64, text.replaceAll("+", "-").replaceAll("/", "_"));
    }
  }

  #add(length: number, text: string): void {
    const pieces = this.#pieces.get(length)!;
    for (let at = 0; at + length <= text.length; at++) {
      pieces.add(text.slice(at, at + length));
      this.#beginnings[(text.charCodeAt(at) & 255) << 8 | text.charCodeAt(at + 1) & 255] = 1;
    }
  }
}
