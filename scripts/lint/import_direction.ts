import { dirname, join } from "node:path/posix";
import { pathInProject } from "./path.ts";

/** What the modules of a layer may import. A path without an ending is a folder; a new folder is a new row. */
const LAYERS: Readonly<Record<string, readonly string[]>> = {
  "main.ts": ["lib", "backends", "deno.json"],
  "lib/cli": ["lib"],
  "lib/proxy": ["lib/proxy", "lib/vault", "lib/providers", "lib/system.ts", "lib/secret.ts", "lib/errors.ts"],
  "lib/oauth": ["lib/oauth", "lib/vault", "lib/providers", "lib/system.ts", "lib/secret.ts", "lib/errors.ts"],
  "lib/vault": ["lib/vault", "lib/system.ts", "lib/secret.ts", "lib/errors.ts"],
  "lib/providers": ["lib/providers", "lib/secret.ts", "lib/errors.ts"],
  "lib/system.ts": [],
  "lib/secret.ts": [],
  "lib/errors.ts": [],
  "backends": [
    "backends",
    "lib/vault/keystore.ts",
    "lib/vault/file.ts",
    "lib/system.ts",
    "lib/secret.ts",
    "lib/errors.ts",
  ],
};

/** Says which way imports may point: `main → cli → proxy, oauth → vault, providers → system, secret, errors`. */
export const importDirection: Deno.lint.Rule = {
  create(context) {
    const file = pathInProject(context.filename);
    const layer = Object.keys(LAYERS).find((name) => isIn(file, name));
    function check(node: { source: { value: unknown } | null }, report: Deno.lint.Node) {
      const specifier = node.source?.value;
      if (layer === undefined || typeof specifier !== "string" || !specifier.startsWith(".")) return;
      const target = join(dirname(file), specifier);
      if (LAYERS[layer]!.some((allowed) => isIn(target, allowed))) return;
      context.report({
        node: report,
        message: `${layer} may not import ${target}`,
        hint: "ARCHITECTURE.md says which way imports point",
      });
    }
    return {
      ImportDeclaration: (node) => check(node, node),
      ExportNamedDeclaration: (node) => check(node, node),
      ExportAllDeclaration: (node) => check(node, node),
      ImportExpression(node) {
        if (node.source.type === "Literal") check({ source: node.source }, node);
      },
    };
  },
};

function isIn(file: string, part: string): boolean {
  return file === part || file.startsWith(part + "/");
}
