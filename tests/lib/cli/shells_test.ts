import assert from "node:assert/strict";
import { SHELLS } from "../../../lib/cli/shells.ts";
import { testWith } from "../../support/needs.ts";
import { temporaryFolder } from "../../support/temporary_folder.ts";

const HOSTILE = ["'", "\\\\", "\\'", "$(id)`id`$HOME", "a b\tc", "';id;'", "!!", "é\u{1f511}", "~/*"];

const PROGRAMS: [shell: keyof typeof SHELLS, program: string, args: string[]][] = [
  ["posix", "/bin/sh", ["-c", 'eval "$1"; printf %s "$VALUE"', "sh"]],
  ["bash", "bash", ["-c", 'eval "$1"; printf %s "$VALUE"', "bash"]],
  ["zsh", "zsh", ["-fc", 'eval "$1"; printf %s "$VALUE"', "zsh"]],
  ["fish", "fish", ["--no-config", "-c", "eval $argv[1]; printf %s $VALUE", "--"]],
];

testWith(
  ["shells"],
  "every shell takes a variable for what it is, and no part of it for a command",
  async (t) => {
    using home = temporaryFolder();
    for (const [shell, program, args] of PROGRAMS) {
      await t.step(shell, async () => {
        const { set, unset } = SHELLS[shell];
        const evaluated = async (text: string) => {
          const env = { HOME: home.path };
          const { stdout } = await new Deno.Command(program, { args: [...args, text], env }).output();
          return new TextDecoder().decode(stdout);
        };
        for (const value of HOSTILE) assert.equal(await evaluated(set("VALUE", value)), value);
        assert.equal(await evaluated(set("VALUE", "x") + unset("VALUE")), "");
      });
    }
  },
);
