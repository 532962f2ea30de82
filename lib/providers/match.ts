import { type Provider, PROVIDERS } from "./table.ts";

/**
 * Spellings that one server reads as another path than we do: encoded dots, slashes, backslashes and
 * percent signs, encoded characters that need no encoding, path parameters and empty segments.
 */
const AMBIGUOUS = /\/\/|;|%(2[5ef]|5c|3\d|[46][1-9a-f]|[57][0-9a]|2d|5f|7e)/i;

/** An encoded byte, whose percent sign may be encoded itself, any number of times. */
const ENCODED = /%(?:25)*([0-9a-f]{2})/gi;

/** More often than any server decodes; each pass is linear. */
const DECODING_PASSES = 3;

/**
 * Parses the URL of a destination, or gives `undefined` unless it is https on port 443 without userinfo
 * and fragment, and is written exactly as the URL standard (https://url.spec.whatwg.org) would write it.
 * So nothing that a parser folds away (case, tabs, backslashes, fullwidth letters, dot segments, an explicit
 * port) gets through, and what is checked is what is sent.
 */
export function exactUrl(text: string): URL | undefined {
  const url = URL.parse(text);
  if (url === null || url.href !== text) return undefined;
  const plain = url.protocol === "https:" && url.port === "" && url.username === "" &&
    url.password === "" && !text.includes("#");
  return plain ? url : undefined;
}

/** Whether an address is one of the same host as another, and written exactly; a path may be appended to it. */
export function isBeside(base: string, usual: string): boolean {
  const url = exactUrl(base + "/");
  return url !== undefined && url.origin === new URL(usual).origin && url.search === "";
}

/** Whether the path can be read in one way only, where a provider's path decides who gets what. */
export function isUnambiguous(provider: Provider, url: URL): boolean {
  const pathDecides = provider.paths !== undefined || provider.sharesHosts === true;
  return !pathDecides || !AMBIGUOUS.test(url.pathname);
}

/** Whether this provider's credential may go to this URL, which comes from {@linkcode exactUrl}. */
export function mayReceive(provider: Provider, url: URL): boolean {
  return url.protocol === "https:" && url.port === "" && url.username === "" &&
    url.password === "" && provider.hosts.includes(url.hostname) &&
    isUnambiguous(provider, url) && matchesPathRule(provider, url.pathname);
}

/**
 * The providers whose credential may go to this URL, in the order in which they are tried. A provider that
 * owns the path is the only one, whoever shares the host.
 */
export function providersAt(url: URL): Provider[] {
  const all = PROVIDERS.filter((provider) => mayReceive(provider, url));
  const owners = all.filter((provider) => provider.ownPaths?.some((path) => isAtOrBelow(url.pathname, path)));
  return owners.length > 0 ? owners : all;
}

/** Whether a request there could hand out or administer further credentials of the provider. */
export function isMinting(provider: Provider, url: URL): boolean {
  if (provider.minting === undefined) return false;
  const pattern = mintingPattern(provider.minting);
  if (PLAIN.test(url.pathname)) return pattern.test(url.pathname.toLowerCase());
  const segments = segmentsOf(url.pathname);
  return [segments, resolved(segments)].some((reading) => pattern.test("/" + reading.join("/")));
}

/** Whether `path` is `top` or lies below it. */
export function isAtOrBelow(path: string, top: string): boolean {
  return path === top || path.startsWith(top + "/");
}

function matchesPathRule(provider: Provider, path: string): boolean {
  if (provider.paths === undefined) return true;
  return provider.paths.some((rule) => rule.endsWith("/") ? path.startsWith(rule) : path === rule);
}

/** A path that every server reads in the same way, but for the case of letters. */
const PLAIN = /^(?:\/[\w~:-][\w~:.-]*)+\/?$/;

const PATTERNS = new WeakMap<readonly string[], RegExp>();

/** Matches the paths and all below them, also with a custom method (`auth_tokens:create`) behind it. */
function mintingPattern(paths: readonly string[]): RegExp {
  let pattern = PATTERNS.get(paths);
  if (pattern === undefined) {
    pattern = new RegExp(`^(?:${paths.join("|").replaceAll("*", "[^/]+")})(?![\\w-])`);
    PATTERNS.set(paths, pattern);
  }
  return pattern;
}

/** The segments of a path as a lenient server would read them, dot segments included. */
function segmentsOf(path: string): string[] {
  let plain = path;
  for (let pass = 0; pass < DECODING_PASSES; pass++) {
    plain = plain.replace(ENCODED, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
  }
  const segments = plain.toLowerCase().split(/[/\\]/).map((segment) => segment.replace(/;.*/, ""));
  return segments.filter((segment) => segment !== "" && segment !== ".");
}

function resolved(segments: readonly string[]): string[] {
  const kept: string[] = [];
  for (const segment of segments) {
    if (segment === "..") kept.pop();
    else kept.push(segment);
  }
  return kept;
}
