import type { Body } from "../http/body.ts";
import { BytesBody } from "../http/body.ts";
import type { Answer } from "../http/message.ts";
import type { Credential } from "./inject.ts";

/** How much of one request is kept so that it can be sent again, and of all of them together, in bytes. */
const MAX_KEPT = 4 << 20;
const MAX_KEPT_TOGETHER = 64 << 20;

/** A body that is kept while it is sent for the first time. */
export interface Recording extends Body {
  /** Whether it is short enough to be kept, as far as that is known before. */
  readonly fits: boolean;
  /** To be sent once more; `undefined` when it has not passed whole, or was too long to keep. */
  again(): Recording | undefined;
  /** Forgets what was kept. To be called when it is not needed any more. */
  forget(): void;
}

/**
 * Sends a request; when its credential is refused and there is another one, once more, if its body can be.
 *
 * @param another gives the one that takes the place of a refused one, if there is one
 */
export async function sendRenewing(
  body: Recording | null,
  send: (using: Credential, body: Recording | null) => Promise<Answer>,
  credential: Credential,
  another: (refused: Credential) => Promise<Credential | undefined>,
): Promise<Answer> {
  const answer = await send(credential, body);
  if (answer.status !== 401) return answer;
  const renewed = await another(credential).catch((error) => {
    answer.body?.cancel();
    throw error;
  });
  const again = body === null ? null : body.again();
  if (renewed === undefined || again === undefined) return answer;
  answer.body?.cancel();
  return await send(renewed, again);
}

/** Keeps the bodies of requests that may have to be sent twice, within limits. */
export class Recorder {
  #kept = 0;

  /** Takes the place of a body, which is read through it. */
  record(body: Body): Recording {
    return new RecordedBody(body, this);
  }

  /** Whether so many more bytes may be kept. */
  keep(length: number): boolean {
    if (this.#kept + length > MAX_KEPT_TOGETHER) return false;
    this.#kept += length;
    return true;
  }

  forget(length: number): void {
    this.#kept -= length;
  }
}

class RecordedBody implements Recording {
  readonly length: number | undefined;
  readonly fits: boolean;
  readonly #body: Body;
  readonly #recorder: Recorder;
  #parts: Uint8Array[] | undefined = [];
  #kept = 0;
  #isWhole = false;

  constructor(body: Body, recorder: Recorder) {
    this.length = body.length;
    this.fits = body.length !== undefined && body.length <= MAX_KEPT;
    this.#body = body;
    this.#recorder = recorder;
  }

  get done(): boolean {
    return this.#body.done;
  }

  take(): Uint8Array | undefined {
    return this.#seen(this.#body.take());
  }

  async read(): Promise<Uint8Array | undefined> {
    return this.#seen(await this.#body.read());
  }

  cancel(): void {
    this.#body.cancel();
  }

  again(): Recording | undefined {
    if (!this.#isWhole || this.#parts === undefined) return undefined;
    return new ReplayedBody(this.#parts, this.length);
  }

  forget(): void {
    this.#recorder.forget(this.#kept);
    this.#kept = 0;
    this.#parts = undefined;
  }

  #seen(part: Uint8Array | undefined): Uint8Array | undefined {
    if (part !== undefined) this.#keep(part);
    if (this.#body.done) this.#isWhole = true;
    return part;
  }

  #keep(part: Uint8Array): void {
    if (this.#parts === undefined) return;
    if (this.#kept + part.length > MAX_KEPT || !this.#recorder.keep(part.length)) return this.forget();
    this.#kept += part.length;
    this.#parts.push(part.slice());
  }
}

/** What was kept of a body, which is framed as the body was. */
class ReplayedBody implements Recording {
  readonly length: number | undefined;
  readonly fits = true;
  readonly #parts: readonly Uint8Array[];
  readonly #body: BytesBody;

  constructor(parts: readonly Uint8Array[], length: number | undefined) {
    this.length = length;
    this.#parts = parts;
    this.#body = new BytesBody(...parts);
  }

  get done(): boolean {
    return this.#body.done;
  }

  take(): Uint8Array | undefined {
    return this.#body.take();
  }

  read(): Promise<Uint8Array | undefined> {
    return this.#body.read();
  }

  cancel(): void {
    this.#body.cancel();
  }

  again(): Recording {
    return new ReplayedBody(this.#parts, this.length);
  }

  forget(): void {}
}
