import assert from "node:assert/strict";
import { tlsFor } from "../../../lib/cli/exposure.ts";
import { fails } from "../../support/failure.ts";

const ROWS: [options: object, code: "usage" | "refused", message: string, hint: string][] = [
  [{ tlsCert: "c" }, "usage", "Cannot use --tls-cert without --tls-key", "add --tls-key <file>"],
  [{ tlsKey: "k" }, "usage", "Cannot use --tls-key without --tls-cert", "add --tls-cert <file>"],
  [
    { host: "0.0.0.0" },
    "refused",
    "Cannot listen on 0.0.0.0 without TLS: others on the network could read tokens and prompts",
    "add --tls-cert <file> --tls-key <file>; or --insecure-http, if others may read them",
  ],
];

Deno.test("tlsFor() says which half is missing, and what to add", async (t) => {
  for (const [options, code, message, hint] of ROWS) {
    await t.step(message, async () => {
      const usual = { host: "127.0.0.1", port: 1, logFormat: "text" } as const;
      const error = await fails(code, () => tlsFor({ ...usual, ...options }));
      assert.deepEqual([error.message, error.hint], [message, hint]);
    });
  }
});
