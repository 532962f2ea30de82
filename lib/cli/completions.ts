import { type Argument, Argument as Positional, type Command, type Option } from "commander";
import { PROVIDERS } from "../providers/table.ts";
import type { Context } from "./context.ts";
import { addExamples } from "./examples.ts";

/** The words that may follow a command line that has come to a certain command. */
interface Place {
  /** The names of the commands on the way, such as `providers set`; empty at the top. */
  readonly path: string;
  readonly words: readonly string[];
}

const SCRIPTS = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
} as const;

/** A shell that can be completed for. */
export type Shell = keyof typeof SCRIPTS;

/** Adds `completions`. */
export function addCompletionsCommand(program: Command, context: Context): void {
  const printing = program.command("completions").description("print the completion script of a shell")
    .addArgument(new Positional("<shell>", "whose syntax").choices(Object.keys(SCRIPTS)))
    .action((shell: Shell) => context.system.terminal.out(completionScript(program, shell)));
  addExamples(
    printing,
    ['eval "$(agentgazer completions bash)"', "in ~/.bashrc"],
    ['eval "$(agentgazer completions zsh)"', "in ~/.zshrc, behind compinit"],
    ["agentgazer completions fish | source", "in ~/.config/fish/config.fish"],
  );
}

/** The completion script of a shell for a command tree. */
export function completionScript(program: Command, shell: Shell): string {
  return SCRIPTS[shell](placesOf(program, ""));
}

function placesOf(command: Command, path: string): Place[] {
  const commands = command.commands.map((one) => one.name());
  const choices = command.registeredArguments.flatMap((one: Argument) => one.argChoices ?? []);
  const options = command.options.flatMap((one: Option) => one.hidden ? [] : [one.long ?? one.short!]);
  choices.push(...command.options.flatMap((one: Option) => one.argChoices ?? []));
  const place = { path, words: [...commands, ...choices, ...options, "--help", ...idsFor(command)] };
  return [
    place,
    ...command.commands.flatMap((one) => placesOf(one, path === "" ? one.name() : `${path} ${one.name()}`)),
  ];
}

/** Provider ids, where the command takes one. */
function idsFor(command: Command): string[] {
  const takesId = command.registeredArguments.some((one: Argument) => one.name() === "id") ||
    command.options.some((one: Option) => one.flags.includes("<id"));
  return takesId ? PROVIDERS.map((provider) => provider.id) : [];
}

/** A `case` that sets the words for the commands typed so far; bash and zsh read it alike. */
function cases(places: readonly Place[]): string {
  return places.map(({ path, words }) => `    "${path}") words="${words.join(" ")}" ;;\n`).join("");
}

/** Collects the words before the cursor that are commands; the last known path wins. */
function pathLoop(places: readonly Place[], before: string): string {
  const known = places.map(({ path }) => `"${path}"`).filter((path) => path !== '""').join("|");
  return `  for word in ${before}; do
    case "\${at:+$at }$word" in
      ${known}) at="\${at:+$at }$word" ;;
    esac
  done
`;
}

function bashScript(places: readonly Place[]): string {
  return `# bash completion for agentgazer
_agentgazer() {
  local at= words= word
${pathLoop(places, '"${COMP_WORDS[@]:1:COMP_CWORD-1}"')}  case "$at" in
${cases(places)}  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _agentgazer agentgazer
`;
}

function zshScript(places: readonly Place[]): string {
  return `#compdef agentgazer
_agentgazer() {
  local at= word
  local -a candidates
  local found=
${pathLoop(places, '"${(@)words[2,CURRENT-1]}"')}  case "$at" in
${cases(places).replaceAll("words=", "found=")}  esac
  candidates=(\${=found})
  compadd -- $candidates
}
if [ "$funcstack[1]" = "_agentgazer" ]; then _agentgazer "$@"; else compdef _agentgazer agentgazer; fi
`;
}

function fishScript(places: readonly Place[]): string {
  const lines = places.map(({ path, words }) =>
    `complete -c agentgazer -f -n '__agentgazer_at "${path}"' -a '${words.join(" ")}'\n`
  );
  const known = places.map(({ path }) => `"${path}"`).filter((path) => path !== '""').join(" ");
  return `# fish completion for agentgazer
function __agentgazer_at
    set -l at
    for word in (commandline -opc)[2..-1]
        set -l next (string trim "$at $word")
        contains -- "$next" ${known}; and set at "$next"
    end
    test "$at" = "$argv[1]"
end
${lines.join("")}`;
}
