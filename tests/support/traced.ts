const NAMES = "execve,openat,connect,rename,link,symlink,mkdir,unlink";

const BYTES = "write,writev,pwrite64,sendto,sendmsg";

/**
 * Records what a program and its children hand to the system: argv, environment and names, and every byte that
 * is written or sent. Only `names` are wanted where a child hands us what it reads from a keystore, and only
 * `programs`, with their argv and environment, where time counts.
 */
export function traced(file: string, what: "all" | "names" | "programs" = "all"): string[] {
  const calls = { all: `${NAMES},${BYTES}`, names: NAMES, programs: "execve" }[what];
  return ["strace", "-f", "--seccomp-bpf", "-v", "-e", `trace=${calls}`, "-s", "65535", "-o", file];
}
