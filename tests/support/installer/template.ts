import { join } from "node:path";
import { ROOT } from "../needs.ts";
import { VERSION } from "./release.ts";

/** The script as it is in the sources, which a release fills. */
export const TEMPLATE = Deno.readTextFileSync(join(ROOT, "scripts", "packaging", "install.sh"));

/** Fills it for a release of archives that all have the same digest. */
export function fill(downloads: string, digest: string, triples: readonly string[]): string {
  const digests = triples.map((triple) => `${digest}  agentgazer-${VERSION}-${triple}.tar.gz`).join("\n");
  return TEMPLATE.replace("@VERSION@", VERSION)
    .replace("@DOWNLOADS@", downloads)
    .replace("@DIGESTS@", digests);
}
