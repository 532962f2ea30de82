import { pathInProject } from "./path.ts";

/** The modules that may open a secret, and why. */
const ALLOWED: Readonly<Record<string, string>> = {
  "lib/secret.ts": "defines it",
  "lib/vault/vault.ts": "seals it",
  "lib/vault/client.ts": "makes the digest of a local token",
  "lib/proxy/inject.ts": "puts the credential into the request",
  "lib/cli/clients.ts": "prints a new local token",
  "lib/cli/env.ts": "prints a local token",
};

/** Keeps the places that open a secret few and listed. Tests may. */
export const reveal: Deno.lint.Rule = {
  create(context) {
    const file = pathInProject(context.filename);
    if (file in ALLOWED || file.startsWith("tests/")) return {};
    return {
      MemberExpression(node) {
        const { property } = node;
        const name = property.type === "Identifier"
          ? property.name
          : property.type === "Literal"
          ? property.value
          : "";
        if (name === "reveal") {
          context.report({
            node,
            message: "A secret may not be opened here",
            hint: "the files that may are listed in scripts/lint/reveal.ts",
          });
        }
      },
    };
  },
};
