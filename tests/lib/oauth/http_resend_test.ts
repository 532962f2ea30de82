import assert from "node:assert/strict";
import { realSystem } from "../../../backends/system.ts";
import { postForm, postJson } from "../../../lib/oauth/http.ts";

/** Reads requests, counts them, and closes every connection without an answer. */
function startSilentServer(): { readonly url: string; requests(): number } & Disposable {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  let requests = 0;
  async function serve(): Promise<void> {
    for await (const connection of listener) {
      if (await connection.read(new Uint8Array(4096)) !== null) requests++;
      connection.close();
    }
  }
  serve().catch(() => {});
  return {
    url: `http://127.0.0.1:${listener.addr.port}/oauth/token`,
    requests: () => requests,
    [Symbol.dispose]: () => listener.close(),
  };
}

const SENDS = {
  "postForm()": postForm,
  "postJson()": postJson,
};

for (const [name, send] of Object.entries(SENDS)) {
  Deno.test({
    name: `${name} sends once, also when the connection breaks off, and says that the answer is lost`,
    // The time limit of the question runs on.
    sanitizeOps: false,
    sanitizeResources: false,
    async fn() {
      using server = startSilentServer();
      const sender = { system: realSystem(), userAgent: "agentgazer/1.2.3" };
      const reply = await send(sender, server.url, { refresh_token: "rt" });
      assert.equal(reply.state, "lost");
      assert.equal(server.requests(), 1);
    },
  });
}
