import assert from "node:assert/strict";
import plugin from "../../scripts/lint/plugin.ts";
import { ROOT } from "../support/needs.ts";

/** The rules of ours that object to this source in this file. */
function objections(file: string, source: string): string[] {
  const found = Deno.lint.runPlugin(plugin, file, source).map(({ id }) => id.replace("agentgazer/", ""));
  return [...new Set(found)];
}

type Row = [file: string, source: string];

async function assertFound(t: Deno.TestContext, rule: string, rows: readonly Row[]): Promise<void> {
  for (const [file, source] of rows) {
    await t.step(`${file}: ${source}`, () => {
      assert.deepEqual(objections(file, source), [rule]);
      assert.deepEqual(objections(ROOT + file, source), [rule]);
    });
  }
}

async function assertClean(t: Deno.TestContext, rows: readonly Row[]): Promise<void> {
  for (const [file, source] of rows) {
    await t.step(`${file}: ${source}`, () => assert.deepEqual(objections(file, source), []));
  }
}

const WRONG_WAY: Row[] = [
  ["lib/errors.ts", 'import { Secret } from "./secret.ts";'],
  ["lib/secret.ts", 'import { AppError } from "./errors.ts";'],
  ["lib/system.ts", 'import { AppError } from "./errors.ts";'],
  ["lib/providers/a.ts", 'import { Vault } from "../vault/vault.ts";'],
  ["lib/providers/a.ts", 'import type { System } from "../system.ts";'],
  ["lib/vault/a.ts", 'import { PROVIDERS } from "../providers/table.ts";'],
  ["lib/vault/a.ts", 'import { route } from "../proxy/route.ts";'],
  ["lib/vault/a.ts", 'import { machineBackend } from "../../backends/machine.ts";'],
  ["lib/proxy/a.ts", 'import { runCli } from "../cli/program.ts";'],
  ["lib/proxy/a.ts", 'import type { Context } from "../cli/context.ts";'],
  ["lib/proxy/a.ts", 'import "../cli/program.ts";'],
  ["lib/proxy/a.ts", 'import { refresh } from "../oauth/refresh.ts";'],
  ["lib/proxy/a.ts", 'import { refresh } from "./../oauth/refresh.ts";'],
  ["lib/oauth/a.ts", 'import { route } from "../proxy/route.ts";'],
  ["lib/oauth/services/a.ts", 'import { route } from "../../proxy/route.ts";'],
  ["lib/cli/a.ts", 'import { machineBackend } from "../../backends/machine.ts";'],
  ["lib/cli/a.ts", 'import config from "../../deno.json" with { type: "json" };'],
  ["lib/cli/a.ts", 'import { sealFlags } from "../../scripts/seal.ts";'],
  ["lib/cli/a.ts", 'import { ROOT } from "../../tests/support/needs.ts";'],
  ["lib/cli/a.ts", 'import { main } from "../../main.ts";'],
  ["backends/a.ts", 'import { Vault } from "../lib/vault/vault.ts";'],
  ["backends/a.ts", 'import { PROVIDERS } from "../lib/providers/table.ts";'],
  ["main.ts", 'import { sealFlags } from "./scripts/seal.ts";'],
  ["lib/proxy/a.ts", 'const cli = await import("../cli/program.ts");'],
  ["lib/proxy/a.ts", 'function f() { return import("../oauth/refresh.ts"); }'],
  ["lib/vault/a.ts", 'export { route } from "../proxy/route.ts";'],
  ["lib/vault/a.ts", 'export type { Route } from "../proxy/route.ts";'],
  ["lib/vault/a.ts", 'export * from "../proxy/route.ts";'],
  ["lib/vault/a.ts", 'export * as proxy from "../proxy/route.ts";'],
  ["lib/proxy/a.ts", 'import x from "../vaults/vault.ts";'],
  ["lib/proxy/a.ts", 'import x from "../errors.ts.ts";'],
  ["lib/proxy/a.ts", "const cli = await import(`../cli/program.ts`);"],
  ["lib/unlisted/a.ts", 'import { AppError } from "../errors.ts";'],
];

Deno.test("import-direction finds imports that point up or sideways", (t) =>
  assertFound(t, "import-direction", WRONG_WAY));

Deno.test("import-direction allows what points down, and packages", (t) =>
  assertClean(t, [
    [
      "main.ts",
      'import { machineBackend } from "./backends/machine.ts"; import { runCli } from "./lib/cli/program.ts";',
    ],
    ["main.ts", 'import config from "./deno.json" with { type: "json" };'],
    [
      "lib/cli/a.ts",
      'import { route } from "../proxy/route.ts"; import { refresh } from "../oauth/refresh.ts";',
    ],
    [
      "lib/proxy/a.ts",
      'import { Vault } from "../vault/vault.ts"; import { PROVIDERS } from "../providers/table.ts";',
    ],
    ["lib/proxy/a.ts", 'import { route } from "./route.ts"; export * from "../errors.ts";'],
    [
      "lib/oauth/services/a.ts",
      'import { Secret } from "../../secret.ts"; import { x } from "../browser.ts";',
    ],
    ["lib/vault/a.ts", 'import type { System } from "../system.ts"; const x = await import("./file.ts");'],
    ["backends/a.ts", 'import type { KeyStore } from "../lib/vault/keystore.ts";'],
    ["lib/vault/a.ts", 'import { Buffer } from "node:buffer"; import { Command } from "commander";'],
    ["tests/lib/a.ts", 'import { runCli } from "../../lib/cli/program.ts";'],
    ["scripts/a.ts", 'import { PROVIDERS } from "../lib/providers/table.ts";'],
  ]));

const AMBIENT = [
  'Deno.readTextFileSync("/etc/passwd");',
  "const { env } = Deno;",
  "const args = Deno.args;",
  'Deno["env"];',
  "use(Deno);",
  'await fetch("https://evil.test");',
  "const send = fetch;",
  "const options = { fetch };",
  "const options = { send: fetch };",
  "send = fetch;",
  "const send = given ?? fetch;",
  'new WebSocket("wss://evil.test");',
  "const t = Date.now();",
  'const t = Date["now"]();',
  "const clock = { now: Date.now };",
  "const t = new Date();",
  "const t = new Date;",
  "const x = Math.random();",
  "setTimeout(f, 1);",
  "setInterval(f, 1);",
  "const sleep = (ms) => new Promise((done) => setTimeout(done, ms));",
  "const signal = AbortSignal.timeout(1);",
  "performance.now();",
  "const id = crypto.randomUUID();",
  "const id = crypto?.randomUUID();",
  "crypto.getRandomValues(bytes);",
  'console.error("x");',
  'prompt("key?");',
  "process.exit(1);",
  "globalThis.fetch();",
  'globalThis["fetch"]();',
  "const { fetch } = globalThis;",
  'import fs from "node:fs";',
  'import { readFile } from "node:fs/promises";',
  'import "node:http";',
  'import { request } from "node:https";',
  'import { connect } from "node:net";',
  'import { connect } from "node:tls";',
  'import { spawn } from "node:child_process";',
  'import { setTimeout as sleep } from "node:timers/promises";',
  'import * as os from "node:os";',
  'import process from "node:process";',
  'const fs = await import("node:fs");',
  'export * from "node:fs";',
  'import { randomBytes } from "node:crypto";',
  'import * as crypto from "node:crypto";',
  "const { now } = Date;",
  "const { randomUUID } = crypto;",
  "const t = Date();",
  "self.fetch();",
  "(fetch as unknown)();",
  "const all = [fetch];",
  "if (typeof Deno) use();",
  "function f(send = fetch) {}",
  "class A extends WebSocket {}",
  "export default fetch;",
  "throw Deno;",
  "new Worker(url);",
  "localStorage.clear();",
];

Deno.test("no-ambient finds the outside world in lib/", (t) =>
  assertFound(t, "no-ambient", AMBIENT.map((source) => ["lib/providers/a.ts", source])));

Deno.test("no-ambient leaves names alone that only look like it", (t) =>
  assertClean(
    t,
    [
      "const t = new Date(now);",
      "Date.parse(text);",
      "Math.max(1, 2);",
      'crypto.subtle.digest("SHA-256", bytes);',
      "system.now(); system.sleep(1); system.random(12);",
      "upstream.fetch(url);",
      "const options = { fetch: send, console: log };",
      "type Send = typeof fetch;",
      "interface Clock { setTimeout(): void; performance: number }",
      "AbortSignal.any([signal]);",
      'import { createHash } from "node:crypto";',
      'import { join } from "node:path";',
      'import { isIPv4 } from "node:util";',
      '// Deno.exit\nconst text = "Deno.exit() fetch console";',
    ].map((source) => ["lib/providers/a.ts", source]),
  ));

Deno.test("no-ambient lets those modules be whose job it is", (t) =>
  assertClean(t, [
    ["lib/proxy/fetch_upstream.ts", 'await fetch("x"); setTimeout(f, 1);'],
    ["lib/vault/file.ts", 'Deno.openSync("x");'],
    ["lib/vault/lock.ts", "performance.now(); Math.random();"],
    ["backends/system.ts", "Date.now(); console.log();"],
    ["main.ts", "Deno.exit(1);"],
    ["tests/a.ts", 'Deno.test("x", () => {});'],
  ]));

Deno.test("no-ambient exempts those modules by their whole path", (t) =>
  assertFound(t, "no-ambient", [
    ["lib/vault/upstream.ts", 'fetch("x");'],
    ["lib/proxy/file.ts", 'Deno.openSync("x");'],
    ["lib/lib/vault/file.ts", 'Deno.openSync("x");'],
  ]));

const REVEALED = [
  "secret.reveal();",
  "secret?.reveal();",
  "secret.reveal?.();",
  'secret["reveal"]();',
  'secret?.["reveal"]?.();',
  "const open = secret.reveal;",
  "const open = secret.reveal.bind(secret);",
  "Secret.prototype.reveal.call(secret);",
  "log(`${secret.reveal()}`);",
  "const { reveal } = secret;",
  "const { reveal: open } = secret;",
  "secret[`reveal`]();",
];

Deno.test("reveal finds a secret that is opened where it may not be", (t) =>
  assertFound(
    t,
    "reveal",
    ["lib/proxy/log.ts", "lib/cli/providers.ts", "lib/vault/seal.ts", "backends/machine.ts", "main.ts"]
      .flatMap((file) => REVEALED.map((source): Row => [file, source])),
  ));

Deno.test("reveal allows the listed modules and the tests, and no other", async (t) => {
  const allowed = [
    "lib/secret.ts",
    "lib/vault/vault.ts",
    "lib/vault/adopt.ts",
    "lib/vault/login.ts",
    "lib/vault/client.ts",
    "lib/oauth/services/codex.ts",
    "lib/oauth/services/minimax.ts",
    "lib/proxy/inject.ts",
    "lib/cli/clients.ts",
    "lib/cli/import.ts",
    "lib/cli/env.ts",
    "tests/lib/a_test.ts",
  ];
  await assertClean(t, allowed.map((file) => [file, "secret.reveal();"]));
  await assertClean(t, [["lib/proxy/log.ts", "const reveal = 1; revealed(); x.revealed(); f({ reveal });"]]);
  for (const { path } of walk(ROOT + "lib").concat(walk(ROOT + "backends"))) {
    const file = path.slice(ROOT.length);
    if (!allowed.includes(file)) assert.deepEqual(objections(file, "secret.reveal();"), ["reveal"], file);
  }
});

/** All files below a folder. */
function walk(folder: string): { path: string }[] {
  return [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }) =>
    isDirectory ? walk(`${folder}/${name}`) : [{ path: `${folder}/${name}` }]
  );
}
