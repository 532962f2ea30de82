import config from "../../deno.json" with { type: "json" };
import { type Target, TARGETS } from "../compile/targets.ts";

export const VERSION = config.version;

/** The repository in which the release is made, as `owner/name`. A build elsewhere names an address that nobody has. */
const repository = Deno.env.get("GITHUB_REPOSITORY");

if (repository !== undefined && !/^[\w-]+\/[\w.-]+$/.test(repository)) {
  throw new Error("GITHUB_REPOSITORY is not of the form owner/name");
}

/** Where the project lives. */
export const HOMEPAGE = repository === undefined
  ? "https://agentgazer.example"
  : `https://github.com/${repository}`;

/** Who answers for the packages, as Debian writes it. */
export const MAINTAINER = `The agentgazer developers <${
  repository === undefined
    ? "maintainers@agentgazer.example"
    : `${repository.split("/")[0]}@users.noreply.github.com`
}>`;

/** Where the files of this version are to be had. */
export const DOWNLOADS = `${HOMEPAGE}/releases/download/v${VERSION}`;

/** The folder in the archive of a target; the archive adds `.tar.gz`. */
export function archiveName({ triple }: Target): string {
  return `agentgazer-${VERSION}-${triple}`;
}

const TRIPLE = TARGETS.map(({ triple }) => triple).join("|");

const PACKAGED = new RegExp(
  `^(agentgazer-([\\d.]+-)?(${TRIPLE})(\\.tar\\.gz)?|agentgazer_[\\d.]+_(amd64|arm64)\\.deb|` +
    "agentgazer\\.(rb|cdx\\.json)|install\\.sh|SHA256SUMS)$",
);

/** Whether packaging makes a file of this name, for any version. */
export function isPackaged(name: string): boolean {
  return PACKAGED.test(name);
}
