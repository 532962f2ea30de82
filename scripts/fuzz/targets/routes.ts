import assert from "node:assert/strict";
import { FieldList } from "../../../lib/http/fields.ts";
import { parseRequestHead, type RequestHead } from "../../../lib/http/head.ts";
import { ProtocolError } from "../../../lib/http/protocol_error.ts";
import { mayReceive } from "../../../lib/providers/match.ts";
import { type Provider, PROVIDERS } from "../../../lib/providers/table.ts";
import { ownAuthorities } from "../../../lib/proxy/admit.ts";
import type { Credentials } from "../../../lib/proxy/credentials.ts";
import { makeHandler } from "../../../lib/proxy/handler.ts";
import { Secret } from "../../../lib/secret.ts";
import { latin1 } from "../../../tests/support/scripted_stream.ts";
import { asLatin1 } from "../bytes.ts";
import { seedOf } from "../chance.ts";
import type { Target } from "../target.ts";
import { makeRoute, ROUTE_WORDS, TOKENS } from "./routes_words.ts";
import { decodedFully, isCarrier, providerNamed } from "./routes_rules.ts";

/** A request as it would leave, or the reason why none does. */
export type Forwarded = string | {
  readonly url: URL;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** The field line that carries the credential. */
  readonly line: string;
  /** The local token that let it in. */
  readonly token: string;
};

/** Handles a request. */
export type Forward = (head: RequestHead, baseOf: (provider: Provider) => string) => Promise<Forwarded>;

/** Where a request goes, and what is left of it: the request line without its version, then field lines. */
export const routes: Target<Forward> = {
  name: "routes",
  words: ROUTE_WORDS,
  subject: forward,
  generate: makeRoute,
  async check([start = "", ...lines], forward) {
    const text = asLatin1([`${start} HTTP/1.1`, ...lines, "", ""].join("\r\n"));
    let head: RequestHead;
    try {
      head = parseRequestHead(text);
    } catch (error) {
      assert.ok(error instanceof ProtocolError, "the head's parser fails");
      return "no request";
    }
    const bases = (provider: Provider) => [provider.base, ...Object.values(provider.regions ?? {})];
    const seed = seedOf(text);
    const baseOf = (provider: Provider) => bases(provider)[seed % bases(provider).length]!;
    const result = await forward(head, baseOf);
    if (typeof result === "string") return result;
    const provider = PROVIDERS.find(({ id }) => result.line.includes(secretOf(id)));
    assert.ok(provider !== undefined, "no provider's credential goes with it");
    checkPlace(result.url, provider, head, baseOf(provider));
    checkTraces(result.url, result.headers, result.token);
    return `${provider.id} ${result.url.search !== ""} ${result.headers.length}`;
  },
};

function checkPlace(url: URL, provider: Provider, { target }: RequestHead, base: string): void {
  const { href, protocol, hostname, port, username, password, hash } = url;
  assert.deepEqual(
    [protocol, port, username, password, hash],
    ["https:", "", "", "", ""],
    "it leaves another way",
  );
  assert.ok(provider.hosts.includes(hostname), "it goes to a host that is not the provider's");
  assert.equal(new URL(href).href, href, "it is written in another way than it is read");
  assert.ok(mayReceive(provider, url), "it may not go there");
  const named = providerNamed(target);
  if (named === undefined) return;
  assert.equal(provider.id, named, "it goes with the credential of a provider that was not named");
  assert.ok(href.startsWith(base), "it does not go to the place that the region says");
}

function checkTraces(url: URL, headers: readonly (readonly [string, string])[], token: string): void {
  for (const level of decodedFully(url.href)) {
    assert.ok(!level.includes(token), "the URL holds the local token");
  }
  for (const parameter of url.search.slice(1).split("&")) {
    const name = [...decodedFully(parameter.split("=")[0]!)].at(-1)!.toLowerCase();
    assert.ok(!["key", "api_key", "access_token"].includes(name), "a parameter carries a credential");
  }
  for (const [name, value] of headers) {
    assert.ok(!isCarrier(name, value), `the header ${name} is passed on`);
    for (const level of decodedFully(value)) {
      assert.ok(!level.includes(token), `${name} holds the local token`);
    }
  }
}

function secretOf(id: string): string {
  return `secret-of-${id}-H3yTg6Fr1Sx8`;
}

async function forward(head: RequestHead, baseOf: (provider: Provider) => string): Promise<Forwarded> {
  let token = "";
  let sent: Exclude<Forwarded, string> | undefined;
  let bug: string | undefined;
  const credentials = {
    client(presented: string) {
      const [name] = Object.entries(TOKENS).find(([, known]) => known === presented) ?? [];
      return name === undefined ? undefined : { name, allow: null, expiresAt: null, minting: false };
    },
    has: () => true,
    entryOf: () => undefined,
    open(provider: Provider, client: { readonly name: string }) {
      token = TOKENS[client.name]!;
      return Promise.resolve({ secret: new Secret(secretOf(provider.id)) });
    },
    openAnother: () => Promise.resolve(undefined),
  } as unknown as Credentials;
  const { handle } = makeHandler({
    version: "1.2.3",
    authorities: ownAuthorities(18900, []),
    capacity: { enter: () => () => {} },
    credentials,
    upstream({ url, headers, credential }) {
      assert.equal(sent, undefined, "it is sent twice");
      sent = { url, headers: [...headers], line: latin1(credential), token };
      return Promise.resolve({ status: 200, reason: "", headers: new FieldList(), body: null });
    },
    log: { notice() {}, request() {}, event: (_, message) => void (bug = message) },
    baseOf,
    system: { now: () => 0 },
    isDraining: () => false,
    onIdle() {},
  });
  const { method, target, fields: headers } = head;
  const url = target.startsWith("/") ? `http://${headers.get("host")}${target}` : target;
  const { answer } = await handle({ method, url, headers, body: null, signal: new AbortController().signal });
  assert.equal(bug, undefined);
  return sent ?? `refused ${answer.status}`;
}
