import { dirname, join } from "node:path/posix";
import { pathInProject } from "./path.ts";

const BASE = ["lib/system.ts", "lib/secret.ts", "lib/errors.ts"];

/** What the modules of a layer may import. A path without an ending is a folder; a new folder is a new row. */
const LAYERS: Readonly<Record<string, readonly string[]>> = {
  "main.ts": ["lib", "backends", "deno.json"],
  "lib/cli": ["lib"],
  "lib/proxy": ["lib/proxy", "lib/vault", "lib/providers", "lib/http", ...BASE],
  "lib/oauth": ["lib/oauth", "lib/vault", "lib/providers", ...BASE],
  "lib/vault": ["lib/vault", ...BASE],
  "lib/providers": ["lib/providers", "lib/secret.ts", "lib/errors.ts"],
  "lib/http": ["lib/http"],
  "lib/system.ts": ["lib/http/byte_stream.ts"],
  "lib/secret.ts": [],
  "lib/errors.ts": [],
  "backends": ["backends", "lib/vault/keystore.ts", "lib/vault/file.ts", "lib/http/byte_stream.ts", ...BASE],
};

/** Says which way imports may point: `main → cli → proxy, oauth → vault, providers, http → system, secret, errors`. */
export const importDirection: Deno.lint.Rule = {
  create(context) {
    const file = pathInProject(context.filename);
    if (!/^(main\.ts$|lib\/|backends\/)/.test(file)) return {};
    const layer = Object.keys(LAYERS).find((name) => isIn(file, name));
    function check(node: Deno.lint.Node, source: Deno.lint.Node | null) {
      const specifier = source === null ? undefined : textOf(source);
      if (specifier === undefined || !specifier.startsWith(".")) return;
      const target = join(dirname(file), specifier);
      if (layer !== undefined && LAYERS[layer]!.some((allowed) => isIn(target, allowed))) return;
      context.report({
        node,
        message: `${layer ?? file} may not import ${target}`,
        hint: "scripts/lint/import_direction.ts lists what each layer may import",
      });
    }
    return {
      ImportDeclaration: (node) => check(node, node.source),
      ExportNamedDeclaration: (node) => check(node, node.source),
      ExportAllDeclaration: (node) => check(node, node.source),
      ImportExpression: (node) => check(node, node.source),
    };
  },
};

function textOf(node: Deno.lint.Node): string | undefined {
  if (node.type === "Literal") return String(node.value);
  if (node.type === "TemplateLiteral") return node.quasis.map((part) => part.cooked).join("");
  return undefined;
}

function isIn(file: string, part: string): boolean {
  return file === part || file.startsWith(part + "/");
}
