import { AppError } from "../errors.ts";
import type { Provider } from "../providers/table.ts";
import { type Config, editConfig, members, readConfig, withValue } from "../vault/config.ts";
import { stampOf } from "../vault/file.ts";
import type { Home } from "../vault/home.ts";

/** The regions that `config.json` sets, read again whenever the file changes. */
export class Regions {
  readonly #home: Home;
  #seen: { readonly stamp: string; readonly config: Config } | undefined;

  constructor(home: Home) {
    this.#home = home;
  }

  /**
   * The region that is set for this provider, if one is.
   *
   * @throws {AppError} `usage` for a region that it does not have, or a file that can't be read
   */
  of(provider: Provider): string | undefined {
    const entry = members(members(this.#config().root, "providers")[0]?.value, provider.id)[0]?.value;
    const region = members(entry, "region")[0]?.value;
    return region === undefined ? undefined : requireRegion(provider, region.value, this.#home.config);
  }

  /** Where requests to this provider go. @throws {AppError} as {@linkcode Regions.of} does */
  baseOf(provider: Provider): string {
    return baseIn(provider, this.of(provider));
  }

  /** Keeps a region that {@linkcode requireRegion} gave. @throws {AppError} */
  async set(provider: Provider, region: string): Promise<void> {
    await editConfig(this.#home, (config) => {
      const providers = members(config.root, "providers")[0]?.value;
      if (providers !== undefined && providers.type !== "object") throw wrongShape(this.#home.config);
      const entry = members(providers, provider.id)[0]?.value;
      if (entry === undefined || entry.type === "object") {
        return withValue(config, ["providers", provider.id, "region"], region);
      }
      // The plaintext key of an old version, which the vault has with another value.
      if (entry.type !== "string") throw wrongShape(this.#home.config);
      return withValue(config, ["providers", provider.id], { apiKey: entry.value, region });
    });
  }

  #config(): Config {
    const stamp = stampOf(this.#home.config);
    if (this.#seen?.stamp !== stamp) this.#seen = { stamp, config: readConfig(this.#home) };
    return this.#seen.config;
  }
}

/** Where requests to this provider go in a region. */
export function baseIn(provider: Provider, region: string | undefined): string {
  return region === undefined ? provider.base : provider.regions?.[region] ?? provider.base;
}

/**
 * A region that the provider has.
 *
 * @param from where it was said, for the message
 * @throws {AppError} `usage`
 */
export function requireRegion(provider: Provider, region: unknown, from: string): string {
  const names = Object.keys(provider.regions ?? {});
  const known = names.find((name) => name === region);
  if (known !== undefined) return known;
  if (names.length === 0) {
    throw new AppError(
      "usage",
      `Cannot use the region in ${from}: ${provider.name} has no regions`,
      `leave it out, it is always ${provider.base}`,
    );
  }
  throw new AppError(
    "usage",
    `Cannot use the region in ${from}: ${provider.name} does not have it`,
    `use one of ${names.join(", ")}`,
  );
}

function wrongShape(path: string): AppError {
  return new AppError(
    "usage",
    `Cannot change ${path}: its "providers" is not as expected`,
    "mend it by hand",
  );
}
