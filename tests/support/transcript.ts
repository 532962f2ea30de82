/** What a child process has written so far. */
export interface Transcript {
  text(): string;
  /** Resolves when the text matches. @throws when the stream ends without that */
  matches(pattern: RegExp): Promise<RegExpExecArray>;
  /** Resolves when the stream has ended. */
  readonly ended: Promise<void>;
}

/** Reads a stream to its end and lets tests wait for what is in it. */
export function transcribe(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Transcript {
  let text = "";
  let closed = false;
  let changed = Promise.withResolvers<void>();
  const ended = (async () => {
    for await (const part of stream.pipeThrough(new TextDecoderStream())) {
      text += part;
      changed.resolve();
      changed = Promise.withResolvers();
    }
    closed = true;
    changed.resolve();
  })();
  return {
    text: () => text,
    async matches(pattern) {
      for (;;) {
        const match = pattern.exec(text);
        if (match !== null) return match;
        if (closed) throw new Error(`the output ended without ${pattern}: ${text}`);
        await changed.promise;
      }
    },
    ended,
  };
}
