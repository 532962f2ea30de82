import assert from "node:assert/strict";
import { type Provider, providerById } from "../../lib/providers/table.ts";
import { testWith } from "../support/needs.ts";
import { canaryKey } from "../support/scene.ts";
import { localToken } from "../support/vendors/login_proxy.ts";
import { startLoginScene } from "../support/vendors/login_scene.ts";
import { seed } from "../support/vendors/seed.ts";

const NEEDS = ["compile", "namespace", "openssl"] as const;

/** One for each header that carries a credential, and the two whose logins are renewed. */
const IDS = ["openai", "anthropic", "google", "openai-oauth", "minimax-oauth"] as const;

/** Where a redirect could lead, from this host. STRAY is an address of nobody. */
const LOCATIONS = (host: string, stray: string) => [
  "https://attacker.test/v1",
  "http://attacker.test/v1",
  "https://attacker.test:444/v1",
  `https://eu.${host}/v1`,
  `https://${host}.attacker.test/v1`,
  `https://${host}:444/v1`,
  `https://${host}:80/v1`,
  `http://${host}/v1`,
  `http://${host}:443/v1`,
  `https://${host}/v1/other`,
  `https://${host}./v1`,
  "https://api.mistral.ai/v1",
  `https://${host}@attacker.test/v1`,
  `https://user:password@${host}/v1`,
  "//attacker.test/v1",
  "//api.mistral.ai/v1",
  "\\\\attacker.test\\v1",
  "/v1/other",
  "?x",
  `https://${stray}/v1`,
  `wss://${host}/v1`,
  "",
];

/** Listens, and counts the connections. */
function count(hostname: string, ports: readonly number[], onConnection: () => void): Disposable {
  const listeners = ports.map((port) => Deno.listen({ hostname, port }));
  for (const listener of listeners) {
    (async () => {
      for await (const connection of listener) {
        onConnection();
        connection.close();
      }
    })();
  }
  return {
    [Symbol.dispose]() {
      for (const listener of listeners) listener.close();
    },
  };
}

for (const way of ["directly", "by fetch, as the first address is dead"]) {
  testWith(NEEDS, `a redirect is handed back, and nobody is connected to: ${way}`, async (t) => {
    await using scene = await startLoginScene();
    const { box, providers } = scene;
    const [, address, names] = /^(127\.\S+) (.*\bapi\.openai\.com\b.*)$/m.exec(
      await Deno.readTextFile(providers.hostsFile),
    )!;
    const stray = address!.replace(/\d+$/, (last) => `${(Number(last) + 128) % 256}`);
    let strays = 0;
    using _others = count(stray, [443, 444, 80], () => strays++);
    using _otherPorts = count(address!, [444, 80], () => strays++);
    const hosts = IDS.map((id) => new URL(providerById(id)!.base).host);
    const elsewhere = hosts.flatMap((host) => [`eu.${host}`, `${host}.attacker.test`]).join(" ");
    const lines = [
      "127.0.0.1 localhost",
      // Nothing listens there.
      ...way === "directly" ? [] : [`127.0.0.2 ${names}`],
      `${address} ${names}`,
      `${stray} attacker.test ${elsewhere}`,
    ];
    await Deno.writeTextFile(providers.hostsFile, lines.join("\n") + "\n");

    const credentials = new Map<string, string>();
    for (const id of IDS) {
      if (id === "openai-oauth" || id === "minimax-oauth") {
        credentials.set(id, (await seed(scene, id)).access);
      } else {
        await box.run(["providers", "set", id], { stdin: canaryKey(id) + "\n" });
        credentials.set(id, canaryKey(id));
      }
    }
    await using proxy = await box.start();
    const token = await localToken(scene);

    for (const id of IDS) {
      const { base, header } = providerById(id) as Provider;
      const { host } = new URL(base);
      await t.step(id, async () => {
        for (const status of [300, 301, 302, 303, 305, 307, 308]) {
          for (const location of LOCATIONS(host, stray)) {
            for (const init of [{ method: "POST", body: "{}" }, { method: "GET" }]) {
              providers.received.length = 0;
              const more = { "alt-svc": 'h2="attacker.test:443"', refresh: "0; url=https://attacker.test/" };
              providers.answer = () => new Response("moved", { status, headers: { location, ...more } });
              const answer = await fetch(`${proxy.url}/${id}/v1/x`, {
                ...init,
                redirect: "manual",
                headers: { "x-api-key": token },
              });
              assert.deepEqual([answer.status, await answer.text()], [status, "moved"]);
              assert.equal(answer.headers.get("location"), location);
              const received = providers.takeOne();
              assert.equal(received.host, host);
              // Only fetch speaks HTTP/2, which has no such field.
              assert.equal(received.headers.has("host"), way === "directly");
              const name = header === "bearer" ? "authorization" : header;
              const value = (header === "bearer" ? "Bearer " : "") + credentials.get(id);
              assert.equal(received.headers.get(name), value);
              assert.equal(strays, 0, location);
            }
          }
        }
      });
    }
  });
}
