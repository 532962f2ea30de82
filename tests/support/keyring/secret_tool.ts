import type { Run } from "../program.ts";

/** What a keyring knows an entry by. */
export type Attributes = Readonly<Record<string, string>>;

/** How secret-tool is run. */
export interface ToolOptions {
  readonly stdin?: string;
  /** Ends it. */
  readonly signal?: AbortSignal;
}

/** secret-tool(1) as a test uses it, to look from outside. */
export interface SecretTool {
  run(args: readonly string[], options?: ToolOptions): Promise<Run>;
  /** The value, or nothing. A locked entry gives nothing, too. */
  lookup(attributes: Attributes): Promise<string | undefined>;
  /** @throws with what secret-tool said */
  store(attributes: Attributes, value: string): Promise<void>;
}

/** Makes a secret-tool that runs in an environment. */
export function secretTool(env: Readonly<Record<string, string>>): SecretTool {
  async function run(args: readonly string[], { stdin = "", signal }: ToolOptions = {}): Promise<Run> {
    const child = new Deno.Command("secret-tool", {
      args: [...args],
      clearEnv: true,
      env: { PATH: Deno.env.get("PATH") ?? "/usr/bin:/bin", LC_ALL: "C.UTF-8", ...env },
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
      ...signal && { signal },
    }).spawn();
    const writer = child.stdin.getWriter();
    // What needs no input may be gone already.
    await writer.write(new TextEncoder().encode(stdin)).catch(() => {});
    await writer.close().catch(() => {});
    const { code, stdout, stderr } = await child.output();
    return { code, stdout: text(stdout), stderr: text(stderr) };
  }

  return {
    run,
    async lookup(attributes) {
      const result = await run(["lookup", ...pairs(attributes)]);
      if (result.code === 0) return result.stdout;
      if (result.code === 1 && result.stderr === "") return undefined;
      throw failure("lookup", result);
    },
    async store(attributes, value) {
      const result = await run(["store", "--label=agentgazer", ...pairs(attributes)], { stdin: value });
      if (result.code !== 0) throw failure("store", result);
    },
  };
}

/** Attributes as arguments of secret-tool. */
function pairs(attributes: Attributes): string[] {
  return ["--", ...Object.entries(attributes).flat()];
}

function failure(command: string, { code, stderr }: Run): Error {
  return new Error(`secret-tool ${command} ended with ${code}: ${stderr}`);
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
