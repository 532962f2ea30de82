const NAMES = "execve,openat,connect,rename,link,symlink,mkdir,unlink";

const BYTES = "write,writev,pwrite64,sendto,sendmsg";

/**
 * Records what a program and its children hand to the system: argv, environment and names, and every byte that
 * is written or sent, unless only `names` are wanted: a child hands us what it reads from a keystore.
 */
export function traced(file: string, what: "all" | "names" = "all"): string[] {
  const calls = what === "names" ? NAMES : `${NAMES},${BYTES}`;
  return ["strace", "-f", "--seccomp-bpf", "-v", "-e", `trace=${calls}`, "-s", "65535", "-o", file];
}
