import { ATTRIBUTE_OPTIONS, type Attributes, attributesIn, isMatch } from "./attributes.ts";
import type { Bytes } from "./bytes.ts";
import { getopt, type Option } from "./getopt.ts";
import { now } from "./print.ts";
import { DUPLICATE, FAILED, isKeychain, NO_SUCH_KEYCHAIN, OK, statusText, USAGE } from "./status.ts";
import { Dialog, type Tool } from "./tool.ts";

interface Wish {
  readonly attributes: Attributes;
  readonly secret: Bytes;
  /** `-U` */
  readonly update: boolean;
  /** `-A` or `-T` */
  readonly access: boolean;
}

/** `add-generic-password` */
export async function addPassword(args: readonly Bytes[], tool: Tool): Promise<number> {
  const { options, rest } = getopt(args, ATTRIBUTE_OPTIONS + "p:w:X:UAT:");
  const wish = await wishOf(options, tool);
  if (typeof wish === "number") return wish;
  const { account, service } = wish.attributes;
  if (account === undefined || service === undefined) return USAGE;
  const [keychain] = rest;
  if (rest.length > 1 || keychain === "") return USAGE;
  if (!isKeychain(keychain)) return creationFailed(tool, keychain, NO_SUCH_KEYCHAIN);

  const answer = tool.answer("add");
  if (answer === "phantom") return OK;
  if (answer !== undefined) return answer;
  return store(wish, keychain, tool);
}

async function wishOf(options: readonly Option[], tool: Tool): Promise<Wish | number> {
  let secret = "";
  for (const { letter, value, problem } of options) {
    if (letter === "w" || letter === "p") {
      const typed = problem === undefined ? value : await askTwice(tool);
      if (typed === undefined) return FAILED;
      secret = typed;
    } else if (problem !== undefined) {
      return USAGE;
    } else if (letter === "X") {
      const bytes = bytesOfHex(value);
      if (bytes === undefined) return USAGE;
      secret = bytes;
    }
  }
  const attributes = attributesIn(options);
  if (attributes.service !== undefined) attributes.label ??= attributes.service;
  const has = (letter: string) => options.some((option) => option.letter === letter);
  return { attributes, secret, update: has("U"), access: has("A") || has("T") };
}

/** An odd number of digits is not refused: the second of them is lost. */
function bytesOfHex(digits: Bytes): Bytes | undefined {
  if (!/^[0-9a-f]*$/i.test(digits)) return undefined;
  const even = digits.length % 2 === 0 ? digits : digits[0]! + digits.slice(2);
  return even.replaceAll(/../g, (pair) => String.fromCharCode(parseInt(pair, 16)));
}

/** A last `-w` without a value. The real tool prefers the terminal to stdin, if there is one. */
async function askTwice(tool: Tool): Promise<Bytes | undefined> {
  for (let tries = 0; tries < 3; tries++) {
    tool.err("password data for new item: ");
    const first = await tool.input.password();
    tool.err("retype password for new item: ");
    if (await tool.input.password() === first) return first;
    tool.err("passwords don't match\n");
  }
  return undefined;
}

function store(
  { attributes, secret, update, access }: Wish,
  keychain: Bytes | undefined,
  tool: Tool,
): number {
  const { items } = tool.state;
  const modified = now();
  const found = items.find((item) => isMatch(item.attributes, attributes));
  if (found === undefined) {
    items.push({ attributes, secret, created: modified, modified });
    return OK;
  }
  const refusal = update ? tool.answer("update") : undefined;
  if (!update || refusal !== undefined) {
    // What went wrong with the change is only said, and then hidden behind the attempt to add.
    if (typeof refusal === "number") tool.complain(`SecKeychainItemModifyContent: ${statusText(refusal)}`);
    return creationFailed(tool, keychain, DUPLICATE);
  }
  Object.assign(found.attributes, attributes);
  Object.assign(found, { secret, modified });
  if (access) throw new Dialog(false);
  return OK;
}

function creationFailed(tool: Tool, keychain: Bytes | undefined, status: number): number {
  tool.complain(`SecKeychainItemCreateFromContent (${keychain ?? "<default>"}): ${statusText(status)}`);
  return status;
}
