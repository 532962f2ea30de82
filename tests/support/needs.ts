import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of the project. */
export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** The executable under test. */
export const EXECUTABLE = join(ROOT, "dist", "agentgazer");

/** What some tests need and a machine may lack. */
const PROBES = {
  /** An executable built from these sources: `scripts/deno task test` builds it where it can. */
  compile: () => exists(EXECUTABLE),
  /** A mount namespace of our own, and the right to listen on port 443. */
  namespace: () =>
    Deno.build.os === "linux" && Deno.uid() === 0 &&
    succeeds("unshare", "-m", "mount", "--bind", "/tmp", "/tmp"),
  openssl: () => succeeds("openssl", "version"),
  strace: () => succeeds("strace", "-f", "-qq", "-e", "trace=none", "true"),
  /** To record what is sent to clients. */
  tcpdump: () => succeeds("tcpdump", "--version"),
  /** script(1) of util-linux, for a terminal. */
  script: () => Deno.build.os === "linux" && succeeds("script", "-qec", "true", "/dev/null"),
  /** To run a program as another user. */
  setpriv: () => Deno.uid() === 0 && succeeds("setpriv", "--version"),
  /** Bubblewrap, and a kernel that lets any user make namespaces. */
  bwrap: () =>
    succeeds("setpriv", "--reuid", "12345", "--clear-groups", "bwrap", "--ro-bind", "/", "/", "true"),
  /** A real keyring in a session of its own (tests/support/keyring.ts). */
  libsecret: () =>
    succeeds("sh", "-c", "command -v secret-tool") &&
    succeeds("gnome-keyring-daemon", "--version") &&
    succeeds("dbus-daemon", "--version") &&
    succeeds("/usr/bin/python3", "-c", "import dbus, gi"),
  mandoc: () => succeeds("sh", "-c", "command -v mandoc"),
  chromium: () => succeeds("chromium", "--version"),
  /** A boot of another system, and the right to have one. */
  nspawn: () => Deno.uid() === 0 && succeeds("systemd-nspawn", "--version"),
  lintian: () => succeeds("lintian", "--version"),
  /** An arm64 processor in software, with Debian's C library for it. */
  arm64: () =>
    succeeds("qemu-aarch64-static", "--version") &&
    exists("/usr/aarch64-linux-gnu/lib/ld-linux-aarch64.so.1"),
  ruby: () => succeeds("ruby", "--version"),
  shellcheck: () => succeeds("shellcheck", "--version"),
  shells: () => ["bash", "zsh", "fish"].every((shell) => succeeds(shell, "-c", "true")),
} as const;

export type Need = keyof typeof PROBES;

const found = new Map<Need, boolean>();

/**
 * Registers a test that is reported as ignored, with the reason in its name, where the machine lacks something.
 * What `AGENTGAZER_TEST_REQUIRE` lists (separated by commas) must be there: then the test runs, and fails.
 */
export function testWith(
  needs: readonly Need[],
  name: string,
  fn: (t: Deno.TestContext) => Promise<void>,
): void {
  const required = (Deno.env.get("AGENTGAZER_TEST_REQUIRE") ?? "").split(",");
  const missing = needs.filter((need) => !has(need) && !required.includes(need));
  const reason = missing.length === 0 ? "" : ` [ignored: no ${missing.join(", ")}]`;
  // What the test's own servers leave open when they are cut off is not what is tested.
  const sanitize = { sanitizeOps: false, sanitizeResources: false };
  Deno.test({ name: name + reason, ignore: missing.length > 0, ...sanitize, fn });
}

/** Whether the machine has it. */
export function has(need: Need): boolean {
  if (!found.has(need)) found.set(need, PROBES[need]());
  return found.get(need)!;
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isFile && Deno.statSync(dirname(path)).isDirectory;
  } catch {
    return false;
  }
}

function succeeds(command: string, ...args: string[]): boolean {
  try {
    return new Deno.Command(command, { args, stdin: "null", stdout: "null", stderr: "null" }).outputSync()
      .success;
  } catch {
    return false;
  }
}
