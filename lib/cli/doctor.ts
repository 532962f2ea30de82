import type { Command } from "commander";
import { AppError } from "../errors.ts";
import type { Contents } from "../vault/contents.ts";
import type { Home } from "../vault/home.ts";
import type { Context } from "./context.ts";
import { examineConfig, examineFiles } from "./doctor/files.ts";
import { broken, type Finding, fine } from "./doctor/finding.ts";
import { examineNetwork, examinePort, examineRuntime } from "./doctor/network.ts";
import { examineVariables } from "./doctor/variables.ts";
import { examineEntries, examineKeystore } from "./doctor/vault.ts";
import { DEFAULT_ADDRESS } from "./proxy_file.ts";
import { writeJson } from "./render.ts";
import { type RunningProxy, runningProxy } from "./running_proxy.ts";

const MARKS: Readonly<Record<Finding["level"], readonly [text: string, color: string]>> = {
  ok: ["ok     ", "32"],
  warning: ["warning", "33"],
  error: ["error  ", "31"],
};

/** Adds `doctor`. */
export function addDoctorCommand(program: Command, context: Context): void {
  program.command("doctor").description("check everything, and say how to mend what is wrong")
    .option("--json", "print JSON")
    .action(({ json }) => doctor(context, json === true));
}

async function doctor(context: Context, json: boolean): Promise<void> {
  const { system, version } = context;
  const all: Finding[] = [fine("version", `agentgazer ${version}, ${system.platform}`)];
  const { contents, running } = await examineHome(context, all);
  const runtime = examineRuntime(context);
  all.push(...runtime);
  if (runtime.length === 0) all.push(...await examinePort(context, running));
  all.push(...examineVariables(context, running?.url ?? DEFAULT_ADDRESS));
  if (runtime.length === 0) all.push(...await examineNetwork(context, contents));

  // What several checks stumble over is wrong once; two entries whose names can't be told are two.
  const findings = all.filter(({ message, fix }, at) =>
    fix === undefined || all.findIndex((one) => one.message === message) === at
  );

  const errors = findings.filter(({ level }) => level === "error");
  if (json) {
    const shown = findings.map(({ code: _, ...finding }) => finding);
    await writeJson(system.terminal, { ok: errors.length === 0, findings: shown });
  } else await writeFindings(context, findings);
  const [first] = errors;
  if (first === undefined) return;
  const are = errors.length === 1 ? "thing is" : "things are";
  throw new AppError(first.code!, `${errors.length} ${are} wrong`, first.fix);
}

/** Looks at everything below the home folder, and gives what the other checks need of it, as far as it can be read. */
async function examineHome(
  context: Context,
  findings: Finding[],
): Promise<{ readonly contents?: Contents | undefined; readonly running?: RunningProxy | undefined }> {
  const check = async <T>(name: string, work: () => T | Promise<T>): Promise<T | undefined> => {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      findings.push(broken(name, error));
      return undefined;
    }
  };
  const home = await check("home", () => context.home());
  if (home === undefined) return {};
  await check("home", async () => findings.push(...await examineFiles(home)));
  await check("config", async () => findings.push(...await examineConfig(home)));
  // As it is, so that what is found is what was there.
  const vault = await check("keystore", () => context.vaultAsItIs("silent"));
  const contents = vault && await check("vault", () => vault.read());
  if (vault !== undefined && contents !== undefined) {
    const opened = await check(
      "keystore",
      async () => findings.push(...await examineKeystore(context, vault)),
    );
    findings.push(...await examineEntries(context, vault, opened !== undefined));
  }
  return { contents, running: await runningOf(context, home) };
}

/** Where the proxy runs, as far as its file can be read; what is wrong with the file is told as such. */
async function runningOf({ system }: Context, home: Home): Promise<RunningProxy | undefined> {
  try {
    return await runningProxy(system, home);
  } catch {
    return undefined;
  }
}

async function writeFindings(
  { system: { terminal, env } }: Context,
  findings: readonly Finding[],
): Promise<void> {
  const color = terminal.stdout.isTerminal && env("NO_COLOR") === undefined;
  for (const { check, level, message, fix } of findings) {
    const [text, code] = MARKS[level];
    const mark = color ? `\x1b[${code}m${text}\x1b[0m` : text;
    await terminal.out(`${mark} ${check}: ${message}\n`);
    if (fix !== undefined) await terminal.out(`        fix: ${fix}\n`);
  }
}
