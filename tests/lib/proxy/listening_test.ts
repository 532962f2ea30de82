import assert from "node:assert/strict";
import type { ByteStream } from "../../../lib/http/byte_stream.ts";
import { startListening } from "../../../lib/proxy/listening.ts";

const TLS = { cert: "/cert.pem", key: "/key.pem" };

Deno.test("startListening() tells of a client that does not speak TLS where it should", async (t) => {
  const rows: [text: string, tls: typeof TLS | undefined, told: number][] = [
    ["received corrupt message of type InvalidContentType", TLS, 1],
    ["unexpected end of file", TLS, 0],
    ["received corrupt message of type InvalidContentType", undefined, 0],
  ];
  for (const [text, tls, wanted] of rows) {
    await t.step(`${text}, ${tls === undefined ? "plain" : "TLS"}`, async () => {
      let told = 0;
      const stream = { read: () => Promise.reject(new Error(text)) } as unknown as ByteStream;
      const listener = await startListening(
        { listen: () => ({ port: 1, accept: () => Promise.resolve(stream), close() {} }) },
        { hostname: "127.0.0.1", port: 1, tls },
        () => Promise.resolve(undefined),
        () => told++,
      );
      const connection = await listener.accept();
      for (let i = 0; i < 2; i++) await assert.rejects(connection.read(new Uint8Array(1)));
      assert.equal(told, wanted);
    });
  }
});
