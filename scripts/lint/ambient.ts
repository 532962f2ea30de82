import { pathInProject } from "./path.ts";

/** The modules of lib/ whose job the outside world is. */
const ALLOWED = ["lib/proxy/fetch_upstream.ts", "lib/vault/file.ts", "lib/vault/lock.ts"];

/** Names of the outside world: runtime, network, time, chance, storage and terminal. */
const GLOBALS = new Set([
  "Deno",
  "EventSource",
  "Temporal",
  "WebSocket",
  "Worker",
  "XMLHttpRequest",
  "alert",
  "caches",
  "confirm",
  "console",
  "fetch",
  "globalThis",
  "localStorage",
  "performance",
  "process",
  "prompt",
  "self",
  "sessionStorage",
  "setImmediate",
  "setInterval",
  "setTimeout",
  "window",
]);

/** The same as members of globals that are fine otherwise. */
const MEMBERS = new Set([
  "AbortSignal.timeout",
  "Date.now",
  "Math.random",
  "crypto.getRandomValues",
  "crypto.randomUUID",
]);

const MODULES =
  /^node:(child_process|cluster|dgram|dns|fs|http2?|https|inspector|net|os|perf_hooks|process|readline|timers|tls|tty|v8|vm|worker_threads)\b/;

/** What may not be taken from node:crypto. */
const RANDOM = /^(random|getRandomValues|webcrypto)/;

/** Keeps the outside world out of lib/, where it is an argument (lib/system.ts). */
export const ambient: Deno.lint.Rule = {
  create(context) {
    const file = pathInProject(context.filename);
    if (!file.startsWith("lib/") || ALLOWED.includes(file)) return {};
    const report = (node: Deno.lint.Node, name: string) =>
      context.report({
        node,
        message: `${name} is of the outside world, which is an argument in lib/`,
        hint: "take it from lib/system.ts",
      });
    const checkModule = (node: Deno.lint.Node, name: string) => {
      if (MODULES.test(name)) report(node, name);
    };
    return {
      Identifier(node) {
        if (GLOBALS.has(node.name) && isValue(node)) report(node, node.name);
      },
      MemberExpression(node) {
        const { object, property } = node;
        const name = `${object.type === "Identifier" ? object.name : ""}.${nameOf(property)}`;
        if (MEMBERS.has(name)) report(node, name);
      },
      VariableDeclarator(node) {
        const { id, init } = node;
        if (id.type !== "ObjectPattern" || init?.type !== "Identifier") return;
        for (const property of id.properties) {
          const name = property.type === "Property" ? `${init.name}.${nameOf(property.key)}` : "";
          if (MEMBERS.has(name)) report(node, name);
        }
      },
      NewExpression(node) {
        if (nameOf(node.callee) === "Date" && node.arguments.length === 0) report(node, "new Date()");
      },
      CallExpression(node) {
        if (node.callee.type === "Identifier" && node.callee.name === "Date") report(node, "Date()");
      },
      ImportDeclaration(node) {
        checkModule(node, node.source.value);
        for (const { type, local } of node.specifiers) {
          if (
            node.source.value === "node:crypto" && (type !== "ImportSpecifier" || RANDOM.test(local.name))
          ) {
            report(node, local.name);
          }
        }
      },
      ImportExpression(node) {
        if (node.source.type === "Literal") checkModule(node, String(node.source.value));
      },
      ExportAllDeclaration(node) {
        checkModule(node, node.source.value);
      },
      ExportNamedDeclaration(node) {
        if (node.source !== null) checkModule(node, node.source.value);
      },
    };
  },
};

/** Whether a name stands for a value, rather than being a type, or the name of a member or an export. */
function isValue(node: Deno.lint.Identifier): boolean {
  const { parent } = node;
  switch (parent.type) {
    case "MemberExpression":
      return parent.object === node || parent.computed;
    case "Property":
      return parent.value === node || parent.computed;
    case "MethodDefinition":
    case "PropertyDefinition":
      return parent.computed || "value" in parent && parent.value as unknown === node;
    case "ExportSpecifier":
    case "ImportSpecifier":
    case "TSInterfaceDeclaration":
    case "TSMethodSignature":
    case "TSPropertySignature":
    case "TSQualifiedName":
    case "TSTypeQuery":
    case "TSTypeReference":
      return false;
    default:
      return true;
  }
}

function nameOf(node: Deno.lint.Node): string {
  if (node.type === "Identifier") return node.name;
  return node.type === "Literal" ? String(node.value) : "";
}
