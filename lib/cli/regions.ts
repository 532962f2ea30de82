import { AppError } from "../errors.ts";
import { storeCommand } from "../providers/remedy.ts";
import { isBeside } from "../providers/match.ts";
import type { Provider } from "../providers/table.ts";
import {
  badConfig,
  type Config,
  editConfig,
  members,
  type Node,
  parseConfig,
  readConfig,
  withValue,
} from "../vault/config.ts";
import { quote, stampOf } from "../vault/file.ts";
import type { EntryFields } from "../vault/envelope.ts";
import { loginFields } from "../vault/login.ts";
import type { Home } from "../vault/home.ts";

/**
 * The regions of providers: a login is valid where it was made, and for API keys `config.json` says it, which is read
 * again whenever it changes.
 */
export class Regions {
  readonly #home: Home;
  #seen: { readonly stamp: string; readonly config: Config } | undefined;

  constructor(home: Home) {
    this.#home = home;
  }

  /**
   * The region of this provider's credential, if one is known.
   *
   * @param entry what stands in the clear of the credential, if there is one
   * @throws {AppError} `usage` for a region that the provider does not have, or a file that can't be read
   */
  of(provider: Provider, entry?: EntryFields): string | undefined {
    const login = entry?.kind === "login" ? loginFields(entry).region : undefined;
    if (Object.hasOwn(provider.regions ?? {}, login ?? "")) return login;
    const region = regionNode(this.#config(), provider);
    return region === undefined ? undefined : requireRegion(provider, region.value, this.#home.config);
  }

  /** Where requests to this provider go. @throws {AppError} as {@linkcode Regions.of} does */
  baseOf(provider: Provider, entry?: EntryFields): string {
    // Every request asks, and config.json decides nothing where there is one place only.
    const usual = provider.regions === undefined ? provider.base : baseIn(provider, this.of(provider, entry));
    const named = entry?.kind === "login" ? loginFields(entry).base : undefined;
    return named !== undefined && isBeside(named, usual) ? named : usual;
  }

  /**
   * Keeps a region that {@linkcode requireRegion} gave.
   *
   * @returns puts back what was there, as far as nobody has changed the file since
   * @throws {AppError}
   */
  async set(provider: Provider, region: string): Promise<() => Promise<void>> {
    let before = "";
    let after = "";
    await editConfig(this.#home, (config) => {
      before = config.text;
      after = withRegion(config, provider, region, this.#home.config);
      return after;
    });
    return () => editConfig(this.#home, ({ text }) => text === after ? before : text);
  }

  #config(): Config {
    const stamp = stampOf(this.#home.config);
    if (this.#seen?.stamp !== stamp) this.#seen = { stamp, config: readConfig(this.#home) };
    return this.#seen.config;
  }
}

function withRegion(config: Config, provider: Provider, region: string, path: string): string {
  const providers = members(config.root, "providers")[0]?.value;
  const entry = members(providers, provider.id)[0]?.value;
  if (providers !== undefined && providers.type !== "object") {
    throw badConfig("change", path, 'its "providers" is not an object');
  }
  if (entry !== undefined && entry.type !== "object" && entry.type !== "string") {
    throw badConfig("change", path, `its "${provider.id}" is not an object`);
  }
  // A text is the plaintext key of an old version, which the vault has with another value.
  const text = entry?.type === "string"
    ? withValue(config, ["providers", provider.id], { apiKey: entry.value, region })
    : withValue(config, ["providers", provider.id, "region"], region);
  // Of repeated members, the one that was changed is not the one that counts.
  if (regionNode(parseConfig(text, path), provider)?.value !== region) {
    throw badConfig("change", path, `it names "providers" or "${provider.id}" more than once`);
  }
  return text;
}

/** Of repeated members the last one counts, as for most parsers. */
function regionNode({ root }: Config, { id }: Provider): Node | undefined {
  const entry = members(members(root, "providers").at(-1)?.value, id).at(-1)?.value;
  return members(entry, "region").at(-1)?.value;
}

/** Where requests to this provider go in a region. */
export function baseIn(provider: Provider, region: string | undefined): string {
  return region === undefined ? provider.base : provider.regions?.[region] ?? provider.base;
}

/**
 * A region that the provider has.
 *
 * @param file where it was said, if not on the command line
 * @throws {AppError} `usage`
 */
export function requireRegion(provider: Provider, region: unknown, file?: string): string {
  const names = Object.keys(provider.regions ?? {});
  const known = names.find((name) => name === region);
  if (known !== undefined) return known;
  const what = file === undefined ? "that region" : `the region that ${file} names`;
  const cannot = `Cannot use ${what} for ${provider.name}`;
  if (names.length === 0) throw new AppError("usage", `${cannot}: it has no regions`, "leave it out");
  // A login does not change the file.
  const mend = file !== undefined && provider.auth !== "api-key"
    ? `write another region of "${provider.id}" into ${quote(file)}, such as "${names[0]}"`
    : `${storeCommand(provider)} --region ${names[0]}`;
  throw new AppError("usage", `${cannot}: its regions are ${names.join(", ")}`, mend);
}
