import { pathInProject } from "./path.ts";

/** The modules of lib/ whose job the outside world is. */
const ALLOWED = ["lib/proxy/upstream.ts", "lib/vault/file.ts", "lib/vault/lock.ts"];

/** Names of the outside world: runtime, network, time, chance and terminal. */
const GLOBALS = [
  "Deno",
  "WebSocket",
  "XMLHttpRequest",
  "alert",
  "confirm",
  "console",
  "fetch",
  "performance",
  "process",
  "prompt",
  "setInterval",
  "setTimeout",
];

/** The same as members of globals that are fine otherwise. */
const MEMBERS = [
  "Date.now",
  "Math.random",
  "crypto.getRandomValues",
  "crypto.randomUUID",
  "AbortSignal.timeout",
];

const MODULES =
  /^node:(fs|net|http|https|http2|tls|dns|child_process|os|process|timers|readline|worker_threads)/;

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
    return {
      Identifier(node) {
        if (GLOBALS.includes(node.name) && isFreeName(node)) report(node, node.name);
      },
      MemberExpression(node) {
        const { object, property } = node;
        if (object.type !== "Identifier") return;
        if (object.name === "globalThis") report(node, "globalThis");
        const name = `${object.name}.${nameOf(property)}`;
        if (MEMBERS.includes(name)) report(node, name);
      },
      NewExpression(node) {
        const { callee } = node;
        if (callee.type === "Identifier" && callee.name === "Date" && node.arguments.length === 0) {
          report(node, "new Date()");
        }
      },
      ImportDeclaration(node) {
        if (MODULES.test(node.source.value)) report(node, node.source.value);
      },
    };
  },
};

/** Whether a name is used as a value, rather than being a property, a key, a parameter or a type. */
function isFreeName(node: Deno.lint.Identifier): boolean {
  const { parent } = node;
  switch (parent.type) {
    case "MemberExpression":
      return parent.object === node || parent.computed;
    case "CallExpression":
    case "NewExpression":
    case "AwaitExpression":
    case "SpreadElement":
    case "ConditionalExpression":
    case "LogicalExpression":
    case "BinaryExpression":
    case "ReturnStatement":
    case "ArrowFunctionExpression":
    case "VariableDeclarator":
    case "AssignmentExpression":
      return true;
    case "Property":
      return parent.value === node;
    default:
      return false;
  }
}

function nameOf(property: Deno.lint.Node): string {
  if (property.type === "Identifier") return property.name;
  return property.type === "Literal" ? String(property.value) : "";
}
