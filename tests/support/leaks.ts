import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { join } from "node:path";

/** How many letters of a secret in a row count as a leak: as it is (so also URL-encoded), as base64, and in hex. */
const [PLAIN, BASE64, HEX] = [8, 12, 16];

/** What says nothing: how the tokens of a kind begin. */
const PREFIX = /^(?:rt_|ac_|eyJ|deviceauth_)/;

/** Searches texts for secrets that are made while a test runs. */
export class Leaks {
  readonly #pieces = new Map<number, Set<string>>([PLAIN, BASE64, HEX].map((length) => [length, new Set()]));

  /** @param secrets of a JWT only the signature counts: its claims are no secret, and shown in part */
  constructor(secrets: readonly string[]) {
    for (const secret of secrets) {
      const own = secret.split(".").length === 3 ? secret.split(".")[2]! : secret.replace(PREFIX, "");
      this.#add(PLAIN, own);
      this.#add(HEX, Buffer.from(own).toString("hex"));
      this.#add(HEX, Buffer.from(own).toString("hex").toUpperCase());
      for (const offset of [0, 1, 2]) {
        // A base64 text depends on where in a group of three bytes it begins.
        const text = Buffer.from("x".repeat(offset) + own).toString("base64").slice(4, -4);
        this.#add(BASE64, text);
        this.#add(BASE64, text.replaceAll("+", "-").replaceAll("/", "_"));
      }
    }
  }

  /** The first piece of a secret in a text. */
  find(text: string): string | undefined {
    for (const [length, pieces] of this.#pieces) {
      for (let at = 0; at + length <= text.length; at++) {
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
  async assertNoneBelow(folder: string): Promise<void> {
    for await (const { name, isDirectory, isFile } of Deno.readDir(folder)) {
      const path = join(folder, name);
      this.assertNone(name, `a file name in ${folder}`);
      if (isDirectory) await this.assertNoneBelow(path);
      else if (isFile) this.assertNone(Buffer.from(await Deno.readFile(path)).toString("latin1"), path);
    }
  }

  #add(length: number, text: string): void {
    const pieces = this.#pieces.get(length)!;
    for (let at = 0; at + length <= text.length; at++) pieces.add(text.slice(at, at + length));
  }
}
