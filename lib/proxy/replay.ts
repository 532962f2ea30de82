import type { Credential } from "./inject.ts";

/** How much of one request is kept so that it can be sent again, and of all of them together, in bytes. */
const MAX_KEPT = 4 << 20;
const MAX_KEPT_TOGETHER = 64 << 20;

type Body = ReadableStream<Uint8Array<ArrayBuffer>>;

/** A body that is kept while it is sent for the first time. */
export interface Recording {
  /** To be sent first. */
  readonly body: Body | null;
  /** To be sent once more; `undefined` when the body has not passed whole, or was too long to keep. */
  again(): Body | null | undefined;
  /** Forgets what was kept. To be called when it is not needed any more. */
  forget(): void;
}

/**
 * Sends a request; when its credential is refused and there is another one, once more, if its body can be.
 *
 * @param another gives the one that takes the place of a refused one, if there is one
 */
export async function sendRenewing(
  recorder: Recorder,
  body: Body | null,
  send: (using: Credential, body: Body | null) => Promise<Response>,
  credential: Credential,
  another: (refused: Credential) => Promise<Credential | undefined>,
): Promise<Response> {
  const recording = recorder.record(body);
  try {
    const answer = await send(credential, recording.body);
    if (answer.status !== 401) return answer;
    const renewed = await another(credential).catch(async (error) => {
      await discard(answer);
      throw error;
    });
    const again = recording.again();
    if (renewed === undefined || again === undefined) return answer;
    await discard(answer);
    return await send(renewed, again);
  } finally {
    recording.forget();
  }
}

/** It may have broken off meanwhile, which is the same. */
async function discard({ body }: Response): Promise<void> {
  await body?.cancel().catch(() => {});
}

/** Keeps the bodies of requests that may have to be sent twice, within limits. */
export class Recorder {
  #kept = 0;

  record(body: Body | null): Recording {
    if (body === null) return { body, again: () => null, forget() {} };
    let parts: Uint8Array<ArrayBuffer>[] | undefined = [];
    let length = 0;
    let isWhole = false;
    const forget = () => {
      this.#kept -= length;
      length = 0;
      parts = undefined;
    };
    const passing = body.pipeThrough(
      new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
        transform: (part, controller) => {
          controller.enqueue(part);
          if (parts === undefined) return;
          length += part.length;
          this.#kept += part.length;
          if (length > MAX_KEPT || this.#kept > MAX_KEPT_TOGETHER) forget();
          else parts.push(part);
        },
        flush() {
          isWhole = true;
        },
      }),
    );
    return {
      body: passing,
      again: () => isWhole && parts !== undefined ? new Blob(parts).stream() : undefined,
      forget,
    };
  }
}
