import config from "../../deno.json" with { type: "json" };
import type { Target } from "../compile/targets.ts";

export const VERSION = config.version;

/** Where the project lives. */
export const HOMEPAGE = "https://github.com/agentgazer/agentgazer";

/** Where the files of this version are to be had. */
export const DOWNLOADS = `${HOMEPAGE}/releases/download/v${VERSION}`;

/** The folder in the archive of a target; the archive adds `.tar.gz`. */
export function archiveName({ triple }: Target): string {
  return `agentgazer-${VERSION}-${triple}`;
}
