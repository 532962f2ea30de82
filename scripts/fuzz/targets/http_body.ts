import assert from "node:assert/strict";
import type { Body } from "../../../lib/http/body.ts";
import { ProtocolError } from "../../../lib/http/protocol_error.ts";
import { latin1 } from "../../../tests/support/scripted_stream.ts";

/** All of a body; `undefined` when it is malformed or breaks off. */
export async function drain(body: Body | null): Promise<string | undefined> {
  let text = "";
  try {
    for (let part = await body?.read(); part !== undefined; part = await body!.read()) text += latin1(part);
    return text;
  } catch (error) {
    assert.ok(error instanceof ProtocolError, `a body fails with ${error}`);
    return undefined;
  }
}
