import assert from "node:assert/strict";
import { join } from "node:path";
import { testWith } from "../support/needs.ts";
import { makeBox } from "../support/program.ts";
import { canaryKey } from "../support/scene.ts";

const NEEDS = ["compile", "namespace", "openssl"] as const;

/** What a certificate says; what is left out is as it should be. */
interface Wanted {
  readonly names?: string;
  readonly usage?: string;
  /** Years. */
  readonly from?: number;
  readonly to?: number;
  /** Who signs it in place of the authority that the proxy knows. */
  readonly by?: "stranger" | "itself" | "leaf";
}

/** A provider, what its server shows, and what is said of it. */
const HOSTS: readonly (readonly [what: string, id: string, host: string, wanted: Wanted, said?: RegExp])[] = [
  ["a good one", "zhipu", "api.z.ai", {}],
  [
    "another name",
    "openai",
    "api.openai.com",
    { names: "DNS:api.openai.com.attacker.test" },
    /not valid for name/,
  ],
  [
    "an unknown issuer",
    "anthropic",
    "api.anthropic.com",
    { by: "stranger" },
    /is not from an authority that is trusted here/,
  ],
  ["an expired one", "mistral", "api.mistral.ai", { from: 2000, to: 2001 }, /has expired, by this/],
  ["one of the future", "deepseek", "api.deepseek.com", { from: 2090, to: 2091 }, /not valid yet/],
  [
    "its own issuer",
    "google",
    "generativelanguage.googleapis.com",
    { by: "itself" },
    /is not from an authority that is trusted here/,
  ],
  ["an address", "cohere", "api.cohere.com", { names: "IP:127.0.0.1" }, /not valid for name/],
  [
    "a name in its subject only",
    "moonshot",
    "api.moonshot.cn",
    { names: "email:x@moonshot.cn" },
    /not valid for name/,
  ],
  ["a name for too much", "minimax", "api.minimax.chat", { names: "DNS:*.chat,DNS:*" }, /not valid for name/],
  ["another use", "baichuan", "api.baichuan-ai.com", { usage: "clientAuth" }, /key usage/],
  ["an issuer that is no authority", "yi", "api.lingyiwanwu.com", { by: "leaf" }, /Other/],
];

testWith(NEEDS, "only a certificate for the host lets a request leave", async (t) => {
  await using world = await makeWorld();
  const { box, seen } = world;
  for (const [, id] of HOSTS) await box.run(["providers", "set", id], { stdin: canaryKey(id) + "\n" });
  const env = await box.run(["env", "--shell", "json", "--provider", "openai"]);
  const token: string = JSON.parse(env.stdout).OPENAI_API_KEY;
  await using proxy = await box.start();
  for (const [what, id, host, , said] of HOSTS) {
    await t.step(what, async () => {
      const request = { method: "POST", body: "a body", headers: { "x-api-key": token } };
      const answer = await fetch(`${proxy.url}/${id}/v1/x?a=b`, request);
      const text = await answer.text();
      const { connections, bytes } = seen.get(host)!;
      assert.ok(connections > 0);
      assert.deepEqual([answer.status, bytes > 0], said === undefined ? [200, true] : [502, false], text);
      if (said === undefined) return;
      assert.match(text, new RegExp(`${host} could not be reached: its certificate `));
      assert.match(text, said);
    });
  }
});

/** A server of its own for each host, which counts the connections to it and the bytes of requests. */
async function makeWorld() {
  const folder = await Deno.makeTempDir({ prefix: "agentgazer-test-" });
  const known = await makeAuthority(folder, "known");
  await makeAuthority(folder, "stranger");
  await issue(folder, "leaf", "attacker.test", {});
  const seen = new Map<string, { connections: number; bytes: number }>();
  const listeners: Deno.TlsListener[] = [];
  let lines = "127.0.0.1 localhost\n";
  for (const [, , host, wanted] of HOSTS) {
    const counts = { connections: 0, bytes: 0 };
    seen.set(host, counts);
    const [address, listener] = listenSomewhere(await issue(folder, host, host, wanted));
    listeners.push(listener);
    lines += `${address} ${host}\n`;
    (async () => {
      for await (const connection of listener) serve(connection, counts);
    })();
  }
  const hostsFile = join(folder, "hosts");
  await Deno.writeTextFile(hostsFile, lines);
  const box = await makeBox({ hostsFile, authority: known }, folder);
  return {
    box,
    seen,
    async [Symbol.asyncDispose]() {
      for (const listener of listeners) listener.close();
      await box[Symbol.asyncDispose]();
    },
  };
}

/** Counts what arrives, and answers it. */
async function serve(
  connection: Deno.TlsConn,
  counts: { connections: number; bytes: number },
): Promise<void> {
  counts.connections++;
  try {
    counts.bytes += await connection.read(new Uint8Array(65_536)) ?? 0;
    const answer = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok";
    await connection.write(new TextEncoder().encode(answer));
    // A connection that is closed before all has been read may lose the answer.
    while (await connection.read(new Uint8Array(1024)) !== null);
  } catch {
    // The handshake failed.
  }
  connection.close();
}

function listenSomewhere(
  certificate: Deno.TlsCertifiedKeyPem,
): [address: string, listener: Deno.TlsListener] {
  for (;;) {
    const [a, b, c] = crypto.getRandomValues(new Uint8Array(3));
    const hostname = `127.${64 + a! % 128}.${b}.${c}`;
    try {
      return [hostname, Deno.listenTls({ hostname, port: 443, ...certificate })];
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
}

const NEW_KEY = "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -sha256";

/** What `openssl ca` wants to know. */
const SETTINGS = `[ca]
default_ca=own
[own]
database=index
new_certs_dir=.
rand_serial=yes
default_md=sha256
unique_subject=no
policy=any
[any]
commonName=supplied
`;

async function makeAuthority(folder: string, name: string): Promise<string> {
  await Deno.writeTextFile(join(folder, "index"), "");
  await Deno.writeTextFile(join(folder, "ca"), SETTINGS);
  const made = `-x509 -days 2 -keyout ${name}.key -out ${name}.pem -subj /CN=${name}`;
  await openssl(folder, `${NEW_KEY} ${made} -addext basicConstraints=critical,CA:TRUE`);
  return join(folder, `${name}.pem`);
}

/** Makes a certificate, in files of this name. */
async function issue(
  folder: string,
  name: string,
  host: string,
  wanted: Wanted,
): Promise<Deno.TlsCertifiedKeyPem> {
  const { names = `DNS:${host}`, usage = "serverAuth", from = 2020, to = 2049, by = "known" } = wanted;
  const extensions = `subjectAltName=${names}\nextendedKeyUsage=${usage}\nbasicConstraints=CA:FALSE\n`;
  await Deno.writeTextFile(join(folder, `${name}.ext`), extensions);
  await openssl(folder, `${NEW_KEY} -keyout ${name}.key -out ${name}.csr -subj /CN=${host}`);
  const signer = by === "itself" ? `-selfsign -keyfile ${name}.key` : `-cert ${by}.pem -keyfile ${by}.key`;
  const time = `-startdate ${from}0101000000Z -enddate ${to}0101000000Z`;
  await openssl(
    folder,
    `ca -batch -notext -config ca ${signer} ${time} -in ${name}.csr -out ${name}.pem -extfile ${name}.ext`,
  );
  const read = (file: string) => Deno.readTextFile(join(folder, file));
  return {
    cert: await read(`${name}.pem`) + (by === "leaf" ? await read("leaf.pem") : ""),
    key: await read(`${name}.key`),
  };
}

async function openssl(folder: string, line: string): Promise<void> {
  const { success, stderr } = await new Deno.Command("openssl", { args: line.split(" "), cwd: folder })
    .output();
  assert.ok(success, new TextDecoder().decode(stderr));
}
