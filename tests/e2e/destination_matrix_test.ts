import assert from "node:assert/strict";
import { join } from "node:path";
import { detectKeyStores } from "../../backends/detect.ts";
import { machineBackend } from "../../backends/machine.ts";
import { putLogin } from "../../lib/oauth/stored_login.ts";
import { type Provider, PROVIDERS } from "../../lib/providers/table.ts";
import { Secret } from "../../lib/secret.ts";
import { Vault } from "../../lib/vault/vault.ts";
import { makeCertificates } from "../support/certificates.ts";
import { testWith } from "../support/needs.ts";
import { type Box, makeBox } from "../support/program.ts";
import { realRandom } from "../support/real_random.ts";
import { canaryKey } from "../support/scene.ts";
import { HERE } from "../support/stored.ts";
import { homeOf } from "../support/vendors/seed.ts";

const NEEDS = ["compile", "namespace", "openssl"] as const;

const HOSTS = [...new Set(PROVIDERS.flatMap(({ hosts }) => hosts))];

type ValueFor = (host: string, id: string) => string;

/** Fields with which some proxy can be told where to send, and what each would say. */
const STEERING: Readonly<Record<string, ValueFor>> = {
  ...says(
    ["api_base", "base_url", "baseURL", "x-portkey-custom-host", "x-headroom-base-url", "x-upstream"],
    (host) => `https://${host}/v1`,
  ),
  ...says(
    ["x-forwarded-host", "x-forwarded-server", "x-original-host", "x-host", "x-http-host-override"],
    (host) => host,
  ),
  ...says(["x-original-url", "x-target-url"], (host) => `https://${host}/v1/stolen`),
  ...says(["x-rewrite-url", "x-envoy-original-path"], (_, id) => `/${id}/v1/stolen`),
  "x-forwarded-proto": () => "http",
  "x-forwarded-port": () => "444",
  "forwarded": (host) => `for=127.0.0.1;host=${host};proto=http`,
};

function says(names: readonly string[], valueFor: ValueFor): Record<string, ValueFor> {
  return Object.fromEntries(names.map((name) => [name, valueFor]));
}

const CARRIERS = ["authorization", "x-api-key", "x-goog-api-key", "api-key", "proxy-authorization", "cookie"];

/** One request as the server of one host got it. */
interface Arrival {
  readonly server: string;
  readonly host: string | null;
  readonly path: string;
  readonly credentials: readonly (readonly [name: string, value: string])[];
}

/** A server of its own for each host, with a certificate for that host only, and one that nobody lists. */
interface World extends AsyncDisposable {
  readonly arrivals: Arrival[];
  /** How many connections came to attacker.test. */
  strays(): number;
  readonly box: Box;
}

async function makeWorld(): Promise<World> {
  const folder = await Deno.makeTempDir({ prefix: "agentgazer-test-" });
  const arrivals: Arrival[] = [];
  const closing = new AbortController();
  let lines = "127.0.0.1 localhost\n";
  let authorities = "";
  for (const server of HOSTS) {
    const own = join(folder, server);
    await Deno.mkdir(own);
    const { authority, certificate: cert, key } = await makeCertificates(own, [server]);
    authorities += await Deno.readTextFile(authority);
    const options = { port: 443, cert, key, signal: closing.signal, onListen() {} };
    const [address] = atFreeAddress((hostname) =>
      Deno.serve({ ...options, hostname }, async ({ url, headers, body }) => {
        await body?.cancel();
        const credentials = [...headers].filter(([name]) => CARRIERS.includes(name));
        arrivals.push({ server, host: headers.get("host"), path: new URL(url).pathname, credentials });
        return new Response("ok");
      })
    );
    lines += `${address} ${server}\n`;
  }
  const [address, stray] = atFreeAddress((hostname) => Deno.listen({ hostname, port: 443 }));
  let strays = 0;
  const accepting = (async () => {
    for await (const connection of stray) {
      strays++;
      connection.close();
    }
  })();
  const hostsFile = join(folder, "hosts");
  await Deno.writeTextFile(hostsFile, `${lines}${address} attacker.test\n`);
  const authority = join(folder, "authorities.pem");
  await Deno.writeTextFile(authority, authorities);
  const box = await makeBox({ hostsFile, authority }, folder);
  return {
    arrivals,
    strays: () => strays,
    box,
    async [Symbol.asyncDispose]() {
      closing.abort();
      stray.close();
      await accepting;
      await box[Symbol.asyncDispose]();
    },
  };
}

function atFreeAddress<Listener>(
  listen: (address: string) => Listener,
): [address: string, listener: Listener] {
  for (;;) {
    const [a, b, c] = crypto.getRandomValues(new Uint8Array(3));
    const address = `127.${64 + a! % 128}.${b}.${c}`;
    try {
      return [address, listen(address)];
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
}

/** Stores a credential for every provider. */
async function fill(box: Box): Promise<void> {
  const keyed = PROVIDERS.filter(({ auth }) => auth === "api-key");
  for (const { id } of keyed) {
    await box.run(["providers", "set", id], { stdin: canaryKey(id) + "\n" });
  }
  const home = homeOf(box);
  const machine = machineBackend({ path: home.machineKey, named: false }, HERE, realRandom);
  const vault = new Vault(home, detectKeyStores([machine], undefined), { now: Date.now, random: realRandom });
  for (const provider of PROVIDERS) {
    if (keyed.includes(provider)) continue;
    const login = { accessToken: new Secret(canaryKey(provider.id)) };
    await putLogin(vault, home, provider.id, { login, fields: {} });
  }
}

function expected({ id, base, header }: Provider, path: string): Arrival {
  const { host, pathname } = new URL(base);
  const value = canaryKey(id);
  const credential = header === "bearer"
    ? ["authorization", `Bearer ${value}`] as const
    : [header, value] as const;
  return { server: host, host, path: pathname.replace(/\/$/, "") + path, credentials: [credential] };
}

testWith(NEEDS, "no field of a request leads any credential to another host", async (t) => {
  await using world = await makeWorld();
  const { arrivals, box } = world;
  await fill(box);
  await using proxy = await box.start();
  const env = await box.run(["env", "--shell", "json", "--provider", "openai"]);
  const token: string = JSON.parse(env.stdout).OPENAI_API_KEY;
  const authorization = `Bearer ${token}`;

  for (const provider of PROVIDERS) {
    const others = ["attacker.test", ...HOSTS.filter((host) => !provider.hosts.includes(host))];
    await t.step(provider.id, async () => {
      arrivals.length = 0;
      const wanted: Arrival[] = [];
      const calls: (() => Promise<void>)[] = [];
      const call = (query: string, headers: Record<string, string>, body: string, status: number) => {
        const path = `/v1/${calls.length}`;
        if (status === 200) wanted.push(expected(provider, path));
        calls.push(async () => {
          const url = `${proxy.url}/${provider.id}${path}${query}`;
          const answer = await fetch(url, { method: "POST", headers: { authorization, ...headers }, body });
          assert.equal(answer.status, status, `${url} ${JSON.stringify(headers)} ${await answer.text()}`);
        });
      };
      for (const host of others) {
        const id = PROVIDERS.find(({ hosts }) => hosts.includes(host))?.id ?? "openai";
        for (const [name, valueFor] of Object.entries(STEERING)) {
          const value = valueFor(host, id);
          call("", { [name]: value }, "{}", name === "x-target-url" ? 400 : 200);
          call(`?${name}=${encodeURIComponent(value)}`, {}, "{}", 200);
          call("", { "content-type": "application/json" }, JSON.stringify({ [name]: value }), 200);
        }
      }
      const queue = calls.values();
      await Promise.all(Array.from({ length: 16 }, async () => {
        for (const next of queue) await next();
      }));
      const byPath = (one: Arrival, other: Arrival) => one.path.localeCompare(other.path);
      assert.deepEqual(arrivals.toSorted(byPath), wanted.toSorted(byPath));
    });
  }
  assert.equal(world.strays(), 0);
});
