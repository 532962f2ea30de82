import type { Entry } from "./archive.ts";

/** The version that is released. */
export const VERSION = "9.8.7";

/** The name of its archive for the default machine, without the ending. */
export const NAME = `agentgazer-${VERSION}-x86_64-unknown-linux-gnu`;

/** What a good archive holds. */
export function release(executable = `#!/bin/sh\necho "agentgazer ${VERSION}"\n`, name = NAME): Entry[] {
  const texts = {
    "agentgazer": executable,
    "LICENSE": "license",
    "README.md": "readme",
    "man/agentgazer.1": "page",
    "man/agentgazer-providers.1": "providers page",
    "completions/agentgazer.bash": "bash",
    "completions/_agentgazer": "zsh",
    "completions/agentgazer.fish": "fish",
  };
  const folders = ["", "man/", "completions/"].map((path) => ({ name: `${name}/${path}` }));
  return [
    ...folders,
    ...Object.entries(texts).map(([path, content]) => ({ name: `${name}/${path}`, content })),
  ];
}

/** Where it is written what was installed, below the prefix. */
export const LIST = "share/agentgazer/installed";

/** The paths below the prefix that `release()` is installed to, in the order of the list. */
export const PLACES = [
  "share/man/man1/agentgazer-providers.1",
  "share/man/man1/agentgazer.1",
  "share/bash-completion/completions/agentgazer",
  "share/zsh/site-functions/_agentgazer",
  "share/fish/vendor_completions.d/agentgazer.fish",
  "bin/agentgazer",
];

/** What is there after `release()` was installed. */
export function installed(prefix: string): Record<string, string> {
  return {
    [`${prefix}/bin/agentgazer`]: `755 #!/bin/sh\necho "agentgazer ${VERSION}"\n`,
    [`${prefix}/${LIST}`]: `644 ${PLACES.join("\n")}\n`,
    [`${prefix}/share/bash-completion/completions/agentgazer`]: "644 bash",
    [`${prefix}/share/fish/vendor_completions.d/agentgazer.fish`]: "644 fish",
    [`${prefix}/share/man/man1/agentgazer-providers.1`]: "644 providers page",
    [`${prefix}/share/man/man1/agentgazer.1`]: "644 page",
    [`${prefix}/share/zsh/site-functions/_agentgazer`]: "644 zsh",
  };
}
