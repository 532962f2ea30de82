import { join } from "node:path";

/** A certificate authority of one test, and a certificate that it issued. */
export interface Certificates {
  /** The file to name in `DENO_CERT`. */
  readonly authority: string;
  readonly certificate: string;
  readonly key: string;
}

/** Makes a certificate for these host names, as a provider's, under a new authority. */
export async function makeCertificates(folder: string, hosts: readonly string[]): Promise<Certificates> {
  const file = (name: string) => join(folder, name);
  const names = hosts.map((host) => `DNS:${host}`).join(",");
  await Deno.writeTextFile(
    file("leaf.ext"),
    `subjectAltName=${names}\nbasicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth\n`,
  );
  const ec = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-sha256"];
  await openssl(
    ["req", "-x509", ...ec, "-keyout", file("ca.key"), "-out", file("ca.pem"), "-days", "2"],
    ["-subj", "/CN=agentgazer test authority", "-addext", "basicConstraints=critical,CA:TRUE"],
  );
  await openssl(
    ["req", ...ec, "-keyout", file("leaf.key"), "-out", file("leaf.csr"), "-subj", "/CN=provider.test"],
  );
  await openssl(
    ["x509", "-req", "-in", file("leaf.csr"), "-CA", file("ca.pem"), "-CAkey", file("ca.key")],
    ["-CAcreateserial", "-days", "1", "-sha256", "-extfile", file("leaf.ext"), "-out", file("leaf.pem")],
  );
  return {
    authority: file("ca.pem"),
    certificate: await Deno.readTextFile(file("leaf.pem")),
    key: await Deno.readTextFile(file("leaf.key")),
  };
}

async function openssl(...args: string[][]): Promise<void> {
  const command = new Deno.Command("openssl", {
    args: args.flat(),
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  });
  const { success, stderr } = await command.output();
  if (!success) throw new Error(`openssl failed: ${new TextDecoder().decode(stderr)}`);
}
