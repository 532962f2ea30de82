import { ATTRIBUTE_OPTIONS, attributesIn, isMatch } from "./attributes.ts";
import type { Bytes } from "./bytes.ts";
import { getopt, type Option } from "./getopt.ts";
import { printedBytes, printedItem, printedSecret } from "./print.ts";
import type { StoredItem } from "./state.ts";
import { isKeychain, NOT_FOUND, OK, statusText, USAGE } from "./status.ts";
import type { Tool } from "./tool.ts";

/** `find-generic-password` */
export function findPassword(args: readonly Bytes[], tool: Tool): number {
  const { options, rest } = getopt(args, ATTRIBUTE_OPTIONS + "wg");
  if (isWrong(options, tool)) return USAGE;
  const item = search(options, rest, tool);
  if (typeof item === "number") return item;
  const has = (letter: string) => options.some((option) => option.letter === letter);
  if (has("w") || has("g")) {
    const answer = tool.answer("read");
    // Nothing is printed.
    if (typeof answer === "number") return answer;
  }
  if (has("w")) {
    tool.out(printedSecret(item.secret));
    return OK;
  }
  tool.out(printedItem(item));
  if (has("g")) tool.err(`password: ${printedBytes(item.secret)}\n`);
  return OK;
}

/** `delete-generic-password` */
export function deletePassword(args: readonly Bytes[], tool: Tool): number {
  const { options, rest } = getopt(args, ATTRIBUTE_OPTIONS);
  if (isWrong(options, tool) || options.length === 0) return USAGE;
  const item = search(options, rest, tool);
  if (typeof item === "number") return item;
  const answer = tool.answer("delete");
  tool.out(printedItem(item));
  const { items } = tool.state;
  if (answer === undefined) items.splice(items.indexOf(item), 1);
  tool.err("password has been deleted.\n");
  return typeof answer === "number" ? answer : OK;
}

/** The first item that matches, or why there is none: whatever it is, it looks like an item that is missing. */
function search(options: readonly Option[], keychains: readonly Bytes[], tool: Tool): StoredItem | number {
  const wanted = attributesIn(options);
  const answer = tool.answer("search");
  if (typeof answer === "number" && answer !== NOT_FOUND) return answer;
  const isHere = answer === undefined && (keychains.length === 0 || keychains.some(isKeychain));
  const item = isHere ? tool.state.items.find(({ attributes }) => isMatch(attributes, wanted)) : undefined;
  if (item !== undefined) return item;
  tool.complain(`SecKeychainSearchCopyNext: ${statusText(NOT_FOUND)}`);
  return NOT_FOUND;
}

function isWrong(options: readonly Option[], tool: Tool): boolean {
  const wrong = options.find(({ problem }) => problem !== undefined);
  if (wrong === undefined) return false;
  tool.complain(
    `${wrong.problem === "unknown" ? "illegal option" : "option requires an argument"} -- ${wrong.letter}`,
  );
  return true;
}
