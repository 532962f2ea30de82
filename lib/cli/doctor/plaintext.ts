import type { Node } from "jsonc-parser";
import { AppError } from "../../errors.ts";
import { PROVIDERS } from "../../providers/table.ts";
import type { Config } from "../../vault/config.ts";
import { quote } from "../../vault/guard.ts";
import type { Home } from "../../vault/home.ts";
import { findPlaintext } from "../../vault/plaintext.ts";
import { acceptKey } from "../accept.ts";
import { broken, type Finding, warning } from "./finding.ts";

/** What is a key, token or password, wherever in a text it stands: alone, in a header, a setting or a URL. */
const SECRET_VALUES = [
  /(?<![A-Za-z0-9-])sk-[\w-]{16}/,
  /(?<![A-Za-z0-9-])agz_[\w-]{20}/,
  /(?<![\w-])ey[\w-]{20,}\./,
  /(?<![\w-])[0-9a-f]{32}\.[A-Za-z0-9]{16}(?!\w)/,
  /\b(Bearer|Basic)\s+[\w+/=.~-]{16}/i,
  /(KEY|TOKEN|SECRET|PASSWORD)=\S{8}/i,
  /:\/\/[^/\s:@]*:[^/\s@]+@/,
];

/** How members are called that hold secrets, or below which secrets are. */
const SECRET_NAME = /(key|token|secret|password|credential|bearer|authorization)s?$/i;

/** What may be a secret below such a name: no sentence, no path and no URL. */
const SECRET_WORD = /^(?![./~]|\w+:\/\/)\S{16,}$/;

/**
 * Looks for secrets in all of config.json. Neither names nor values are shown, since either may be one.
 *
 * @param changeable whether the program changes the file by itself
 */
export function examinePlaintext(config: Config, { config: path }: Home, changeable: boolean): Finding[] {
  const known = findPlaintext(config);
  const remove = `delete it from ${quote(path)}`;
  const found = known.map(({ id, key, property }) => {
    const fix = !changeable || typeof acceptKey(id, key) === "string"
      ? remove
      : `agentgazer providers list, which moves it into the vault; if the vault has another one, ${remove}`;
    return certain(config, property, fix);
  });
  for (const { node, sure } of suspicious(config.root)) {
    if (known.some(({ property }) => isWithin(node, property))) continue;
    found.push(sure ? certain(config, node, remove) : warning("config", at(config, node, "may be"), remove));
  }
  return found;
}

function certain(config: Config, node: Node, fix: string): Finding {
  return broken("config", new AppError("refused", at(config, node, "looks like"), fix));
}

function at({ text }: Config, { offset }: Node, what: string): string {
  return `config.json has what ${what} a plaintext key in line ${text.slice(0, offset).split("\n").length}`;
}

/** The texts that look like secrets, names too; not sure of those that only stand under such a name. */
function suspicious(root: Node): { node: Node; sure: boolean }[] {
  const found: { node: Node; sure: boolean }[] = [];
  const waiting = [{ node: root, named: false }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { node, named } = next;
    if (node.type === "string") {
      const text = String(node.value);
      const sure = isSecret(text);
      if (sure || named && SECRET_WORD.test(text)) found.push({ node, sure });
    }
    const [name, value] = node.type === "property" ? node.children! : [];
    if (name === undefined || value === undefined) {
      for (const child of node.children ?? []) waiting.push({ node: child, named });
      continue;
    }
    waiting.push({ node: name, named: false }, {
      node: value,
      named: named || SECRET_NAME.test(String(name.value)),
    });
  }
  return found.sort((a, b) => a.node.offset - b.node.offset);
}

function isSecret(text: string): boolean {
  return SECRET_VALUES.some((shape) => shape.test(text)) ||
    PROVIDERS.some(({ keyShape }) => text.length >= 16 && keyShape?.test(text));
}

function isWithin(inner: Node, outer: Node): boolean {
  return inner.offset >= outer.offset && inner.offset < outer.offset + outer.length;
}
