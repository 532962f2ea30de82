import assert from "node:assert/strict";
import { FieldList } from "../../../lib/http/fields.ts";
import { ProtocolError } from "../../../lib/http/protocol_error.ts";
import { ServerConnection } from "../../../lib/http/server_connection.ts";
import { admit, ownAuthorities } from "../../../lib/proxy/admit.ts";
import { Refusal } from "../../../lib/proxy/refusal.ts";
import { ScriptedStream } from "../../../tests/support/scripted_stream.ts";
import { asLatin1 } from "../bytes.ts";
import { Chance, seedOf } from "../chance.ts";
import { requestsIn } from "../oracle/messages.ts";
import { type FieldLine, valuesOf } from "../oracle/head.ts";
import { arrivals } from "../pieces.ts";
import type { Target } from "../target.ts";
import { makeRequests, REQUEST_WORDS } from "./http_words.ts";
import { drain } from "./http_body.ts";

/** A request as a connection handed it over. */
interface Served {
  readonly method: string;
  readonly url: string;
  readonly fields: readonly FieldLine[];
  /** `broken` when it was malformed or broke off. */
  readonly body: string | { readonly broken: true };
}

/** Everything that came of a connection. */
export interface Connection {
  readonly served: readonly Served[];
  readonly refused: boolean;
}

/** Reads what a client sends, in these pieces; bodies are read to the end, or only looked at. */
export type Serve = (pieces: readonly string[], reads: "all" | "some") => Promise<Connection>;

const AUTHORITIES = ownAuthorities(18900, []);
const BROKEN = { broken: true } as const;

/** What a client sends to the proxy. */
export const requestHead: Target<Serve> = {
  name: "request-head",
  words: REQUEST_WORDS,
  subject: serve,
  generate: (chance) => [makeRequests(chance)],
  async check([text = ""], serve) {
    const bytes = asLatin1(text);
    const chance = new Chance(seedOf(bytes));
    const { requests, refused } = requestsIn(bytes);
    const expected: Connection = { served: requests.map(servedOf), refused };
    for (const pieces of arrivals(bytes, chance)) {
      assert.deepEqual(await serve(pieces, "all"), expected, "it is read in another way");
      const { served } = await serve(pieces, "some");
      const heads = expected.served.slice(0, served.length).map((one) => ({ ...one, body: "" }));
      assert.deepEqual(served, heads, "something else is read when bodies are left unread");
    }
    for (const one of expected.served) {
      checkAdmission(one);
      if (typeof one.body === "string") await checkAgain(one, one.body, serve);
    }
    const bodies = requests.map(({ body, fields }) => body === undefined ? "broken" : shapeOf(fields));
    return `${bodies.slice(0, 3)} ${refused}`;
  },
};

/** Only a request with exactly one Host, which is ours, is let in. */
function checkAdmission({ url, fields }: Served): void {
  const headers = new FieldList(fields.map(([name]) => name), fields.map(([, value]) => value));
  try {
    admit({ url, headers }, AUTHORITIES);
  } catch (error) {
    assert.ok(error instanceof Refusal, "admit() fails");
    return;
  }
  const hosts = valuesOf(fields, "host");
  assert.equal(hosts.length, 1, "it is let in without exactly one Host");
  assert.match(`${hosts[0]} ${url}`, /^(127\.0\.0\.1|localhost|\[::1\]):18900 http:\/\/\1:18900\//i);
}

/** What was understood means the same when it is sent once more. */
async function checkAgain(one: Served, body: string, serve: Serve): Promise<void> {
  const { method, url, fields } = one;
  const [host = ""] = valuesOf(fields, "host");
  const target = url.startsWith(`http://${host}/`) ? url.slice(`http://${host}`.length) : url;
  const lines = fields.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  const isChunked = valuesOf(fields, "transfer-encoding").length > 0;
  const size = body.length.toString(16);
  const coded = !isChunked ? body : body === "" ? "0\r\n\r\n" : `${size}\r\n${body}\r\n0\r\n\r\n`;
  const again = await serve([`${method} ${target} HTTP/1.1\r\n${lines}\r\n${coded}`], "all");
  assert.deepEqual(again, { served: [one], refused: false }, "it means something else when it is sent again");
}

function servedOf(
  { method, target, fields, body }: ReturnType<typeof requestsIn>["requests"][number],
): Served {
  const path = target === "*" || target.startsWith("*") ? `/${target}` : target;
  const url = path.startsWith("/") ? `http://${valuesOf(fields, "host")[0] ?? ""}${path}` : path;
  return { method, url, fields, body: body ?? BROKEN };
}

function shapeOf(fields: readonly FieldLine[]): string {
  const known = ["host", "content-length", "transfer-encoding", "connection", "expect", "upgrade"];
  return known.filter((name) => valuesOf(fields, name).length > 0).map((name) => name[0]).join("");
}

async function serve(pieces: readonly string[], reads: "all" | "some"): Promise<Connection> {
  const served: Served[] = [];
  let refused = false;
  const reply = () => ({
    answer: { status: 200, reason: "", headers: new FieldList(), body: null },
    ended() {},
  });
  const connection = new ServerConnection(new ScriptedStream(pieces), { now: 0 }, {
    async handle({ method, url, headers, body }) {
      assert.equal(refused, false, "a request is read behind one that was refused");
      const fields = [...headers];
      const at = served.push({ method, url, fields, body: reads === "all" ? BROKEN : "" }) - 1;
      if (reads === "all") {
        const text = await drain(body);
        if (text !== undefined) served[at] = { method, url, fields, body: text };
      } else if (url.length % 2 === 0) {
        try {
          body?.take();
        } catch (error) {
          assert.ok(error instanceof ProtocolError, "a body fails");
        }
      }
      return reply();
    },
    refuse() {
      assert.equal(refused, false, "two refusals");
      refused = true;
      return reply();
    },
    isDraining: () => false,
  });
  await connection.run();
  return { served, refused };
}
