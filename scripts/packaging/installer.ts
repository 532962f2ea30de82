import type { Built } from "./formula.ts";
import { archiveName, DOWNLOADS, VERSION } from "./release.ts";

/** Fills the template of install.sh. @throws {Error} when a place to fill is missing */
export function installer(template: string, built: readonly Built[]): string {
  const digests = built.map(({ target, sha256 }) => `${sha256}  ${archiveName(target)}.tar.gz`);
  const filled = { "@VERSION@": VERSION, "@DOWNLOADS@": DOWNLOADS, "@DIGESTS@": digests.join("\n") };
  return Object.entries(filled).reduce((text, [place, value]) => {
    if (text.split(place).length !== 2) throw new Error(`install.sh must have ${place} once`);
    return text.replace(place, value);
  }, template);
}
