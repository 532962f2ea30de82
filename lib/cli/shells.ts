const POSIX = {
  set: (name: string, value: string) => `export ${name}='${value.replaceAll("'", `'\\''`)}'\n`,
  unset: (name: string) => `unset ${name}\n`,
};

/** How each shell sets a variable for the programs it starts, and takes one away. */
export const SHELLS = {
  posix: POSIX,
  bash: POSIX,
  zsh: POSIX,
  fish: {
    set: (name: string, value: string) => `set -gx ${name} '${value.replaceAll(/['\\]/g, "\\$&")}'\n`,
    unset: (name: string) => `set -e ${name}\n`,
  },
};
