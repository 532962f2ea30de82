/**
 * Writes dist/agentgazer.cdx.json: what is in the executable, as CycloneDX 1.6 has it. The same sources give the same
 * bytes.
 *
 *   scripts/deno task sbom
 */
import { Buffer } from "node:buffer";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import config from "../../deno.json" with { type: "json" };
import { lockedPackages } from "./lock.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** The bill of materials of the program that `main.ts` is. */
export async function makeSbom(): Promise<unknown> {
  const runtime = {
    type: "platform",
    "bom-ref": "deno",
    name: "deno",
    version: Deno.version.deno,
    licenses: [{ license: { id: "MIT" } }],
    purl: `pkg:github/denoland/deno@v${Deno.version.deno}`,
  };
  const packages = await Promise.all((await runTimePackages()).map(componentOf));
  const self = `pkg:generic/agentgazer@${config.version}`;
  const component = {
    type: "application",
    "bom-ref": self,
    name: "agentgazer",
    version: config.version,
    licenses: [{ license: { id: config.license } }],
    purl: self,
  };
  const parts = [runtime, ...packages];
  return {
    $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: { component },
    components: parts,
    dependencies: [
      { ref: self, dependsOn: parts.map((part) => part["bom-ref"]) },
      ...parts.map((part) => ({ ref: part["bom-ref"], dependsOn: [] })),
    ],
  };
}

/** The npm packages that main.ts imports, as `name@version`. None of them has any of its own, or this throws. */
async function runTimePackages(): Promise<string[]> {
  const { modules, npmPackages } = await info(join(ROOT, "main.ts")) as {
    modules: { specifier: string }[];
    npmPackages: Record<string, { dependencies: string[] }>;
  };
  const ids = modules.flatMap(({ specifier }) => /^npm:\/(.+@[^/]+)/.exec(specifier)?.[1] ?? []);
  const unique = [...new Set(ids)].sort();
  for (const id of unique) {
    if (npmPackages[id]!.dependencies.length > 0) throw new Error(`${id} has dependencies of its own`);
  }
  return unique;
}

async function componentOf(id: string) {
  const [, name, version] = /^(.+)@(.+)$/.exec(id)!;
  const locked = (await lockedPackages()).find((one) => one.name === name && one.version === version)!;
  const { npmCache } = await info() as { npmCache: string };
  const registry = (await Array.fromAsync(Deno.readDir(npmCache))).map((entry) => entry.name);
  const files = registry.map((host) => join(npmCache, host, name!, version!, "package.json"));
  const texts = await Promise.all(files.map((file) => Deno.readTextFile(file).catch(() => undefined)));
  const { license } = JSON.parse(texts.find((text) => text !== undefined)!) as { license: string };
  const purl = `pkg:npm/${name!.replace("@", "%40")}@${version}`;
  const content = Buffer.from(locked.integrity.replace(/^sha512-/, ""), "base64").toString("hex");
  return {
    type: "library",
    "bom-ref": purl,
    name: name!,
    version: version!,
    licenses: [{ license: { id: license } }],
    hashes: [{ alg: "SHA-512", content }],
    purl,
  };
}

async function info(...args: string[]): Promise<unknown> {
  const command = new Deno.Command(Deno.execPath(), { args: ["info", "--json", ...args], cwd: ROOT });
  const { success, stdout } = await command.output();
  if (!success) throw new Error("deno info failed");
  return JSON.parse(new TextDecoder().decode(stdout));
}

if (import.meta.main) {
  const file = join(ROOT, "dist", "agentgazer.cdx.json");
  await Deno.mkdir(join(ROOT, "dist"), { recursive: true });
  await Deno.writeTextFile(file, JSON.stringify(await makeSbom(), null, 2) + "\n");
  console.log(file);
}
