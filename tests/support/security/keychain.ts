import type { Bytes } from "./bytes.ts";
import { getopt } from "./getopt.ts";
import { printedBytes, printedItem } from "./print.ts";
import { isKeychain, NO_SUCH_KEYCHAIN, OK, USAGE } from "./status.ts";
import type { Tool } from "./tool.ts";

/** `show-keychain-info` */
export function showInfo(args: readonly Bytes[], tool: Tool): number {
  const [keychain] = args;
  if (args.length > 1 || keychain === "") return USAGE;
  if (!isKeychain(keychain)) return NO_SUCH_KEYCHAIN;
  const answer = tool.answer("info");
  if (typeof answer === "number") return answer;
  tool.err(`Keychain "${keychain ?? "<NULL>"}" lock-on-sleep timeout=300s\n`);
  return OK;
}

/** `dump-keychain`: the attributes of every item of everybody, and with `-d` the secrets. */
export function dumpKeychain(args: readonly Bytes[], tool: Tool): number {
  const { options } = getopt(args, "d");
  if (options.some(({ problem }) => problem !== undefined)) return USAGE;
  for (const item of tool.state.items) {
    const answer = options.length > 0 ? tool.answer("read") : undefined;
    tool.out(printedItem(item));
    if (options.length > 0 && typeof answer !== "number") tool.out(`data:\n${printedBytes(item.secret)}\n`);
  }
  return OK;
}
