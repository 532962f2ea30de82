import assert from "node:assert/strict";
import { EVENTS, LONG } from "./provider.ts";

/** What one request is made with. */
export interface Call {
  readonly port: number;
  readonly provider: string;
  readonly token: string;
  /** Of this request alone. */
  readonly nonce: string;
  /** Keeps the connections. */
  readonly client: Deno.HttpClient;
}

/** What happened so far. */
export interface Tally {
  readonly wrong: string[];
  readonly counts: Map<string, number>;
}

/** One way to use the proxy. Throws when what comes back is wrong. */
export interface Kind {
  readonly name: string;
  run(call: Call): Promise<void>;
}

function call(
  { port, provider, token, nonce, client }: Call,
  path: string,
  init: RequestInit = {},
): Promise<Response> {
  return fetch(`http://127.0.0.1:${port}/${provider}/v1/${path}`, {
    ...init,
    client,
    headers: { "x-api-key": token, "x-nonce": nonce },
  });
}

/** The kinds of load, in turn. */
export const KINDS: readonly Kind[] = [
  {
    name: "plain",
    async run(one) {
      const answer = await (await call(one, "chat", { method: "POST", body: one.nonce.repeat(30) })).json();
      assert.deepEqual(answer, { nonce: one.nonce, body: one.nonce.repeat(30) });
    },
  },
  {
    name: "stream",
    async run(one) {
      const text = await (await call(one, "events")).text();
      const events = Array.from({ length: EVENTS }, (_, index) => `data: ${one.nonce} ${index}\n\n`);
      assert.equal(text, events.join(""));
    },
  },
  {
    name: "WebSocket",
    async run({ port, provider, token, nonce }) {
      const url = `ws://127.0.0.1:${port}/${provider}/v1/socket?key=${token}`;
      const socket = new WebSocket(url);
      const got = Promise.withResolvers<string>();
      const closed = Promise.withResolvers<void>();
      socket.onopen = () => socket.send(nonce);
      socket.onmessage = ({ data }) => got.resolve(data);
      socket.onerror = () => got.reject(new Error("the WebSocket failed"));
      socket.onclose = () => closed.resolve();
      assert.equal(await got.promise, nonce);
      socket.close(4000, "done");
      await closed.promise;
    },
  },
  {
    name: "abort before the answer",
    // Not with `fetch`: it never closes a connection whose answer arrives just as it is aborted.
    async run({ port, provider, token, nonce }) {
      using connection = await Deno.connect({ hostname: "127.0.0.1", port });
      const fields = [`host: 127.0.0.1:${port}`, `x-api-key: ${token}`, `x-nonce: ${nonce}`];
      const head = [`GET /${provider}/v1/long HTTP/1.1`, ...fields, "", ""].join("\r\n");
      await connection.write(new TextEncoder().encode(head));
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 4));
    },
  },
  {
    name: "abort in the middle",
    async run(one) {
      const answer = await call(one, "long");
      assert.equal(answer.headers.get("x-nonce"), one.nonce);
      const reader = answer.body!.getReader();
      await reader.read();
      await reader.cancel();
    },
  },
  {
    name: "slow reader",
    async run(one) {
      const answer = await call(one, "long");
      let length = 0;
      for await (const part of answer.body!) {
        if (length === 0) await new Promise((resolve) => setTimeout(resolve, 200));
        length += part.length;
      }
      assert.equal(length, LONG);
    },
  },
  {
    name: "refused by the provider",
    async run(one) {
      const answer = await call(one, "refused");
      assert.deepEqual([answer.status, await answer.json()], [429, { nonce: one.nonce }]);
    },
  },
  {
    name: "broken off by the provider",
    async run(one) {
      const answer = await call(one, "broken");
      if (answer.status !== 502) await assert.rejects(answer.bytes());
      else await answer.body?.cancel();
    },
  },
  {
    name: "login",
    async run(one) {
      const body = '{"stream":true}';
      const answer = await call({ ...one, provider: "openai-oauth" }, "responses", { method: "POST", body });
      assert.equal(answer.status, 200, await answer.text());
    },
  },
  {
    name: "a wrong token",
    async run(one) {
      const answer = await call({ ...one, token: "agz_wrong" }, "chat");
      assert.equal(answer.status, 401);
      await answer.body?.cancel();
    },
  },
];
