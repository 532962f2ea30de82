import assert from "node:assert/strict";
import { join } from "node:path";
import { makeCertificates } from "../support/certificates.ts";
import { testWith } from "../support/needs.ts";
import { makeBox } from "../support/program.ts";
import { startProviders } from "../support/providers.ts";
import { canaryKey } from "../support/scene.ts";

const NEEDS = ["compile", "namespace", "openssl"] as const;

/** What turns the check off, or widens it, in other programs. FILE stands for the authority of the providers. */
const VARIABLES: readonly Readonly<Record<string, string>>[] = [
  { NODE_TLS_REJECT_UNAUTHORIZED: "0" },
  { NODE_EXTRA_CA_CERTS: "FILE" },
  { NODE_OPTIONS: "--use-openssl-ca --use-system-ca", SSL_CERT_FILE: "FILE" },
  { DENO_TLS_CA_STORE: "system,mozilla" },
  { DENO_TLS_CA_STORE: "mozilla", SSL_CERT_FILE: "FILE" },
  { SSL_CERT_FILE: "FILE", SSL_CERT_DIR: "/" },
  { DENO_V8_FLAGS: "--unsafely-ignore-certificate-errors" },
  { DENO_FLAGS: "--unsafely-ignore-certificate-errors", DENO_ARGS: "--unsafely-ignore-certificate-errors" },
  { CURL_CA_BUNDLE: "FILE", REQUESTS_CA_BUNDLE: "FILE", AWS_CA_BUNDLE: "FILE", GIT_SSL_NO_VERIFY: "1" },
];

/** What names a further authority. */
const NAMING: readonly Readonly<Record<string, string>>[] = [
  { DENO_CERT: "FILE" },
  { DENO_TLS_CA_STORE: "system", SSL_CERT_FILE: "FILE" },
];

testWith(NEEDS, "nothing that a user can set turns the check of certificates off", async (t) => {
  const folder = await Deno.makeTempDir({ prefix: "agentgazer-test-" });
  await using providers = await startProviders(folder);
  const other = join(folder, "other");
  await Deno.mkdir(other);
  const { hostsFile } = providers;
  const { authority } = await makeCertificates(other, ["api.openai.com"]);
  await using box = await makeBox({ hostsFile, authority }, folder);
  await box.run(["providers", "set", "openai"], { stdin: canaryKey("openai") + "\n" });
  const { stdout } = await box.run(["env", "--shell", "json", "--provider", "openai"]);
  const headers = { "x-api-key": JSON.parse(stdout).OPENAI_API_KEY };

  for (const template of [...VARIABLES, ...NAMING]) {
    const env = Object.fromEntries(
      Object.entries(template).map(([name, value]) => [name, value.replace("FILE", providers.authority)]),
    );
    const isTaken = NAMING.includes(template);
    await t.step(`${Object.keys(env).join(", ")}: ${isTaken ? 200 : 502}`, async () => {
      providers.received.length = 0;
      await using proxy = await box.start([], { env });
      const answer = await fetch(`${proxy.url}/openai/v1/models`, { headers });
      const text = await answer.text();
      assert.equal(answer.status, isTaken ? 200 : 502, text);
      assert.equal(providers.received.length, isTaken ? 1 : 0);
      if (!isTaken) assert.match(text, /its certificate is not /);
    });
  }
  for (const flag of ["", "=api.openai.com"].map((of) => `--unsafely-ignore-certificate-errors${of}`)) {
    for (const args of [["start", "--port", "0", flag], [flag, "start", "--port", "0"]]) {
      await t.step(`${args.join(" ")}: exit code 2`, async () => {
        assert.equal((await box.run(args, { wrapper: ["timeout", "20"] })).code, 2);
      });
    }
  }
});
