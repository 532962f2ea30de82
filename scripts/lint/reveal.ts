import { pathInProject } from "./path.ts";

/** The modules that may open a secret, and why. */
const ALLOWED: Readonly<Record<string, string>> = {
  "lib/secret.ts": "defines it",
  "lib/vault/vault.ts": "seals it",
  "lib/vault/adopt.ts": "compares it with what the vault has",
  "lib/vault/login.ts": "puts the tokens of a login into one text and takes them out",
  "lib/vault/client.ts": "makes the digest of a local token",
  "lib/oauth/services/codex.ts": "sends a refresh token to the server that gave it",
  "lib/oauth/services/minimax.ts": "sends a refresh token to the server that gave it",
  "lib/proxy/inject.ts": "puts the credential into the request",
  "lib/cli/clients.ts": "prints a new local token",
  "lib/cli/import.ts": "looks at what another program stored",
  "lib/cli/env.ts": "prints a local token",
};

/** Keeps the places that open a secret few and listed. Tests may. */
export const reveal: Deno.lint.Rule = {
  create(context) {
    const file = pathInProject(context.filename);
    if (file in ALLOWED || file.startsWith("tests/")) return {};
    const check = (node: Deno.lint.Node, name: Deno.lint.Node) => {
      if (nameOf(name) !== "reveal") return;
      context.report({
        node,
        message: "A secret may not be opened here",
        hint: "the files that may are listed in scripts/lint/reveal.ts",
      });
    };
    return {
      MemberExpression: (node) => check(node, node.property),
      ObjectPattern(node) {
        for (const property of node.properties) {
          if (property.type === "Property") check(property, property.key);
        }
      },
    };
  },
};

function nameOf(node: Deno.lint.Node): unknown {
  if (node.type === "Identifier") return node.name;
  if (node.type === "TemplateLiteral") return node.quasis.map((part) => part.cooked).join("");
  return node.type === "Literal" ? node.value : undefined;
}
