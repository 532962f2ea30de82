import type { Fields } from "../http/fields.ts";
import { Refusal } from "./refusal.ts";

/** The longest request target, or URL in `x-target-url`, that is looked at. */
export const MAX_TARGET = 16_384;

/** Dot segments, also encoded ones, which some server on the way would resolve. */
const DOT_SEGMENT = /(^|\/)(\.|%2e){1,2}(\/|$)/i;

/** Clients leave these ports out of the Host header. */
const DEFAULT_PORT = /:(80|443)$/;

/** The names under which the proxy may be called, as they stand in a Host header, in lower case. */
export type Authorities = ReadonlySet<string>;

/** A request that was let in as far as its form goes. */
export interface Target {
  /** Begins with `/`; as it was sent. */
  readonly path: string;
  /** Without the `?`; as it was sent. */
  readonly query: string;
}

/**
 * Our own authorities: the loopback names with our port, and those that `--allow-host` adds (lower case,
 * IPv6 addresses in brackets). A name without a port gets ours.
 */
export function ownAuthorities(port: number, allowHosts: readonly string[]): Authorities {
  const own = new Set<string>();
  for (const host of ["127.0.0.1", "localhost", "[::1]", ...allowHosts]) {
    const authority = /:\d+$/.test(host) ? host : `${host}:${port}`;
    own.add(authority);
    if (DEFAULT_PORT.test(authority)) own.add(authority.replace(DEFAULT_PORT, ""));
  }
  return own;
}

/**
 * Lets a request in only when it is well formed, is addressed to us, and does not come from a web page.
 * The Host header and the authority of the target must both be ours, letter by letter: a parser is what the
 * attacks on this check go through.
 *
 * @throws {Refusal} `malformed_request`, `wrong_host`, `origin_refused`
 */
export function admit(
  request: { readonly url: string; readonly headers: Fields },
  authorities: Authorities,
): Target {
  const { headers, url } = request;
  const host = headers.get("host");
  if (host === null || host === "") {
    throw new Refusal("malformed_request", "The request has no Host header");
  }
  const prefix = `http://${host}/`;
  if (!authorities.has(host.toLowerCase()) || !url.startsWith(prefix)) {
    throw new Refusal(
      "wrong_host",
      "The request is addressed to a host that this proxy does not go by",
      "use the address that `agentgazer env` prints, or add the name with --allow-host",
    );
  }
  refuseWebPage(headers);
  return parseTarget(url.slice(prefix.length - 1));
}

/** Takes a request target apart without changing it. @throws {Refusal} `malformed_request` */
export function parseTarget(target: string): Target {
  if (target.length > MAX_TARGET) {
    throw new Refusal("malformed_request", `The URL is longer than ${MAX_TARGET} characters`);
  }
  const mark = target.indexOf("?");
  const path = mark < 0 ? target : target.slice(0, mark);
  const query = mark < 0 ? "" : target.slice(mark + 1);
  if (!/^[\x21-\x7e]*$/.test(target) || /[\\#]/.test(target)) {
    throw new Refusal("malformed_request", "The URL holds a character that must be percent-encoded");
  }
  if (DOT_SEGMENT.test(path)) throw new Refusal("malformed_request", "The path has a dot segment");
  return { path, query };
}

function refuseWebPage(headers: Fields): void {
  const site = headers.get("sec-fetch-site");
  if (headers.has("origin") || (site !== null && site !== "none")) {
    throw new Refusal(
      "origin_refused",
      "The request comes from a web page, and web pages may not use this proxy",
      "call it from a program instead",
    );
  }
}
