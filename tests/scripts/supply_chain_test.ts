import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { join } from "node:path";
import config from "../../deno.json" with { type: "json" };
import { askAdvisories, NoAnswer } from "../../scripts/supply_chain/advisories.ts";
import { contentsOf } from "../../scripts/supply_chain/contents.ts";
import { lockedPackages } from "../../scripts/supply_chain/lock.ts";
import { makeSbom } from "../../scripts/supply_chain/sbom.ts";
import { EXECUTABLE, ROOT, testWith } from "../support/needs.ts";

const LOCKED = [{ name: "a", version: "1.0.0", integrity: "" }, {
  name: "a",
  version: "2.0.0",
  integrity: "",
}];

/** The packages that CONTRIBUTING.md gives a reason for in the executable, as `name@version`. */
async function listed(): Promise<string[]> {
  const text = await Deno.readTextFile(join(ROOT, "CONTRIBUTING.md"));
  const names = [...text.matchAll(/^\| `([^`]+)` +\| the executable/gm)].map(([, name]) => name!);
  return names.map((name) => config.imports[name as keyof typeof config.imports].replace("npm:", "")).sort();
}

Deno.test("every dependency is pinned, locked with its digest, from npm, and a week old when it is taken", async () => {
  for (const specifier of Object.values(config.imports)) {
    assert.match(specifier, /^npm:(@[\w-]+\/)?[\w.-]+@\d+\.\d+\.\d+$/);
  }
  const locked = await lockedPackages();
  for (const { name, integrity } of locked) assert.match(integrity, /^sha512-[A-Za-z0-9+/]{86}==$/, name);
  for (const specifier of Object.values(config.imports)) {
    assert.ok(locked.some(({ name, version }) => specifier === `npm:${name}@${version}`), specifier);
  }
  const lock = JSON.parse(await Deno.readTextFile(join(ROOT, "deno.lock")));
  assert.deepEqual(Object.keys(lock).sort(), ["npm", "specifiers", "version", "workspace"]);
  assert.deepEqual([config.lock, config.minimumDependencyAge], [{ frozen: true }, "P7D"]);
});

testWith(
  ["compile"],
  "the executable holds the listed packages and this program, and nothing else",
  async () => {
    const { packages, modules } = contentsOf(await Deno.readFile(EXECUTABLE));
    assert.deepEqual(packages, await listed());
    assert.ok(modules.includes("main.ts") && modules.includes("lib/proxy/inject.ts"));
    assert.deepEqual(modules.filter((path) => !/^(lib|backends)\/|^main\.ts$/.test(path)), []);
  },
);

Deno.test("contentsOf() finds what does not belong", () => {
  const bundle = "x\n// npm:@evil/left-pad@1.2.3/index.js\n\n// tests/support/raw.ts\nvar a;\n";
  assert.deepEqual(contentsOf(Buffer.from(bundle)), {
    packages: ["@evil/left-pad@1.2.3"],
    modules: ["tests/support/raw.ts"],
  });
});

testWith(["compile"], "the bill of materials says what is in the executable, twice the same", async () => {
  const sbom = await makeSbom() as {
    bomFormat: string;
    specVersion: string;
    components: { name: string; version: string; hashes?: { content: string }[]; licenses: unknown[] }[];
  };
  assert.deepEqual([sbom.bomFormat, sbom.specVersion], ["CycloneDX", "1.6"]);
  const [runtime, ...libraries] = sbom.components;
  assert.deepEqual([runtime!.name, runtime!.version], ["deno", Deno.version.deno]);
  const { packages } = contentsOf(await Deno.readFile(EXECUTABLE));
  assert.deepEqual(libraries.map(({ name, version }) => `${name}@${version}`), packages);
  for (const { hashes, licenses } of libraries) {
    assert.match(hashes![0]!.content, /^[0-9a-f]{128}$/);
    assert.match(JSON.stringify(licenses), /"id":"(MIT|ISC|BSD-\d-Clause|Apache-2\.0)"/);
  }
  assert.equal(JSON.stringify(await makeSbom()), JSON.stringify(sbom));
});

/** Asks a registry that answers so. */
async function ask(answer: () => Response | Promise<Response>, deadline = 20_000) {
  const asked: unknown[] = [];
  const closing = new AbortController();
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, signal: closing.signal, onListen() {} },
    async (request) => {
      asked.push(new URL(request.url).pathname, await request.json());
      return await answer();
    },
  );
  try {
    const registry = `http://127.0.0.1:${server.addr.port}/mirror/`;
    return { found: await askAdvisories(registry, LOCKED, deadline), asked };
  } finally {
    closing.abort();
    await server.finished;
  }
}

Deno.test("askAdvisories() gives what the registry knows of all versions", async () => {
  const advisory = { severity: "high", title: "It leaks", url: "https://example.test/1" };
  const { found, asked } = await ask(() => Response.json({ a: [{ ...advisory, id: 1 }] }));
  assert.deepEqual(found, [{ package: "a", ...advisory }]);
  assert.deepEqual(asked, ["/mirror/-/npm/v1/security/advisories/bulk", { a: ["1.0.0", "2.0.0"] }]);
  assert.deepEqual((await ask(() => Response.json({}))).found, []);
});

Deno.test("askAdvisories() takes nothing else for an answer that all is well", async (t) => {
  const rows: [name: string, answer: () => Response | Promise<Response>, deadline?: number][] = [
    ["404", () => new Response("{}", { status: 404 })],
    ["405", () => new Response("", { status: 405 })],
    ["a page", () => new Response("<html>")],
    ["nothing", () => new Response("")],
    ["null", () => Response.json(null)],
    ["a list", () => Response.json([])],
    ["another shape", () => Response.json({ a: "none" })],
    ["silence", () => new Promise(() => {}), 100],
  ];
  for (const [name, answer, deadline] of rows) {
    await t.step(name, () => assert.rejects(ask(answer, deadline), NoAnswer));
  }
  await t.step(
    "nobody there",
    () => assert.rejects(askAdvisories("http://127.0.0.1:1", LOCKED, 20_000), NoAnswer),
  );
});
