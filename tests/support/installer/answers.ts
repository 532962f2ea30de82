/** What a server answers with when a test's own answer throws. */
export function broken(): Response {
  return new Response("broken", { status: 500 });
}

/** An answer that ends before it is complete. */
export function cutOff(archive: Uint8Array<ArrayBuffer>): Response {
  const parts = [archive.subarray(0, archive.length / 2)];
  const body = new ReadableStream({
    pull(controller) {
      const part = parts.shift();
      if (part === undefined) controller.error(new Error("cut"));
      else controller.enqueue(part);
    },
  });
  return new Response(body, { headers: { "content-length": String(archive.length) } });
}

/** An answer that leads elsewhere. */
export function redirected(location: string): Response {
  return new Response(null, { status: 302, headers: { location } });
}

/** The URL of a server that is gone. */
export function nobody(): string {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return `http://127.0.0.1:${listener.addr.port}`;
}
