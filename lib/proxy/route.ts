import { exactUrl, isUnambiguous, mayReceive, providersAt } from "../providers/match.ts";
import { type ErrorDialect, type Provider, providerById } from "../providers/table.ts";
import { MAX_TARGET, type Target } from "./admit.ts";
import { Refusal } from "./refusal.ts";

const AGENT = /^[A-Za-z0-9._-]{1,64}$/;

/** Where a request goes. Nothing else in it can change that. */
export interface Route {
  /** The providers whose credential may be used, in the order in which they are tried. */
  readonly providers: readonly [Provider, ...Provider[]];
  readonly url: URL;
  /** A label for the log. */
  readonly agent: string | undefined;
}

/** The parts of a path that names a provider. */
interface ProviderPath {
  readonly provider: Provider;
  /** Begins with `/`. */
  readonly path: string;
  readonly agent: string | undefined;
}

/**
 * Computes the destination from the path and the provider table alone, or from the one header `x-target-url`
 * on a path that names no provider.
 *
 * @param cleanQuery takes the credentials out of a query
 * @param baseOf where a provider is, which depends on its region
 * @throws {Refusal} `no_such_route`, `malformed_request`, `target_not_allowed`, `target_refused`
 */
export function route(
  target: Target,
  targetUrl: string | null,
  cleanQuery: (query: string) => string,
  baseOf: (provider: Provider) => string,
): Route {
  const named = parsePath(target.path);
  if (named !== undefined) {
    if (targetUrl !== null) {
      throw new Refusal(
        "target_not_allowed",
        "x-target-url is not allowed on a path that names a provider",
        "leave out the header, or use a path such as /",
      );
    }
    const { provider, path, agent } = named;
    const url = destination(provider, baseOf(provider), path, cleanQuery(target.query));
    return { providers: [provider], url, agent };
  }
  if (targetUrl === null) {
    throw new Refusal(
      "no_such_route",
      "There is no such route",
      "paths begin with a provider's id, as in /openai/v1/models",
    );
  }
  return routeToTarget(targetUrl, cleanQuery);
}

/** Whose error shape the sender of this path expects; OpenAI's when it names no provider. */
export function dialectOf(path: string): ErrorDialect {
  return parsePath(path)?.provider.errors ?? "openai";
}

function parsePath(path: string): ProviderPath | undefined {
  const [, first, rest] = /^\/([^/]*)(\/.*)$/.exec(path) ?? [];
  if (first === undefined || rest === undefined) return undefined;
  if (first !== "agents") return providerPath(first, rest, undefined);
  const [, agent, id, below] = /^\/([^/]*)\/([^/]*)(\/.*)$/.exec(rest) ?? [];
  if (agent === undefined || !AGENT.test(agent)) return undefined;
  return providerPath(id!, below!, agent);
}

function providerPath(id: string, path: string, agent: string | undefined): ProviderPath | undefined {
  const provider = providerById(id);
  return provider === undefined ? undefined : { provider, path, agent };
}

/** The latest destinations without a query, so that the few that are used all the time are made and checked once. */
const DESTINATIONS = new Map<string, URL>();
const MAX_DESTINATIONS = 256;

function destination(provider: Provider, base: string, path: string, query: string): URL {
  if (query !== "") return makeDestination(provider, base, path, query);
  const key = `${provider.id} ${base} ${path}`;
  let url = DESTINATIONS.get(key);
  if (url === undefined) {
    url = makeDestination(provider, base, path, query);
    if (DESTINATIONS.size === MAX_DESTINATIONS) DESTINATIONS.clear();
    DESTINATIONS.set(key, url);
  }
  return url;
}

function makeDestination(provider: Provider, base: string, path: string, query: string): URL {
  const actual = path === provider.alias?.from ? provider.alias.to : path;
  const url = exactUrl(base + actual + suffix(query));
  if (url === undefined) {
    throw new Refusal("malformed_request", "The URL holds a character that must be percent-encoded");
  }
  if (!isUnambiguous(provider, url)) {
    throw new Refusal("malformed_request", "The path can be read in more than one way");
  }
  if (!mayReceive(provider, url)) {
    throw new Refusal(
      "path_refused",
      `${provider.name} credentials do not go to this path`,
      `they go to paths below ${provider.paths?.join(" and ") ?? "/"}`,
    );
  }
  return url;
}

function routeToTarget(targetUrl: string, cleanQuery: (query: string) => string): Route {
  const asked = targetUrl.length > MAX_TARGET ? undefined : exactUrl(targetUrl);
  const url = asked && exactUrl(asked.origin + asked.pathname + suffix(cleanQuery(asked.search.slice(1))));
  const [first, ...others] = url === undefined ? [] : providersAt(url);
  if (url === undefined || first === undefined) {
    throw new Refusal(
      "target_refused",
      "x-target-url names no known provider's host, or is not written exactly",
      "give https://host/path of a provider, in lower case and without a port",
    );
  }
  return { providers: [first, ...others], url, agent: undefined };
}

/** An apostrophe is legal in a query, but the URL standard writes it encoded. */
function suffix(query: string): string {
  return query === "" ? "" : "?" + query.replaceAll("'", "%27");
}
