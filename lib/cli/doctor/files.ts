import { AppError } from "../../errors.ts";
import { PROVIDERS } from "../../providers/table.ts";
import { readConfig } from "../../vault/config.ts";
import { checkFile, checkFolder } from "../../vault/file.ts";
import { quote } from "../../vault/guard.ts";
import type { Home } from "../../vault/home.ts";
import { Regions } from "../regions.ts";
import { broken, examine, type Finding, fine, warning } from "./finding.ts";
import { examinePlaintext } from "./plaintext.ts";

/** Looks at the folder of the vault and the files in it. */
export async function examineFiles(home: Home): Promise<Finding[]> {
  const mode = checkFolder(home.folder);
  if (mode === undefined) return [fine("home", `${home.folder} is not there yet: nothing is stored`)];
  const folder = (mode & 0o077) === 0
    ? fine("home", home.folder)
    : warning("home", `${home.folder} can be looked into by others`, `chmod 700 ${quote(home.folder)}`);
  const findings = [folder];
  for (const path of [home.vault, home.lock, home.machineKey, home.proxy]) {
    findings.push(...await examine("files", () => checkFile(path, "own") ? [fine("files", path)] : []));
  }
  return findings;
}

/** Looks for plaintext anywhere in config.json, and for settings that can't be used. */
export async function examineConfig(home: Home): Promise<Finding[]> {
  if (!checkFile(home.config, "named")) return [fine("config", "there is no config.json, so nothing is set")];
  const hindered = changeable(home);
  const findings = [...hindered, ...examinePlaintext(readConfig(home), home, hindered.length === 0)];
  const regions = new Regions(home);
  for (const provider of PROVIDERS) {
    findings.push(
      ...await examine("config", () => {
        regions.of(provider);
        return [];
      }),
    );
  }
  return findings.length > 0 ? findings : [fine("config", `${home.config} holds no plaintext key`)];
}

/** A link is read, but not replaced. */
function changeable({ config }: Home): Finding[] {
  try {
    checkFile(config, "settings");
    return [];
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const { level: _, ...rest } = broken("config", error);
    return [{ ...rest, level: "warning" }];
  }
}
