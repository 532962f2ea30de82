import { join } from "node:path";
import { canaryKey } from "../scene.ts";
import { debFor } from "../packages.ts";
import { type Providers, startProviders } from "../providers.ts";
import { temporaryFolder } from "../temporary_folder.ts";
import { boot, type Machine } from "./machine.ts";

/** The key that ada stores. */
export const KEY = canaryKey("openai");

/** A clean Debian system with the package's file in it, in which providers' names lead to a server of ours. */
export interface DebianScene extends AsyncDisposable {
  readonly machine: Machine;
  readonly providers: Providers;
}

/** Boots it. Nothing is installed yet. */
export async function startDebianScene(): Promise<DebianScene> {
  await using made = new AsyncDisposableStack();
  const folder = made.use(temporaryFolder());
  const providers = made.use(await startProviders(folder.path));
  const machine = made.use(await boot());
  await Deno.copyFile(providers.hostsFile, machine.at("etc/hosts"));
  await Deno.copyFile(providers.authority, machine.at("etc/ssl/company.pem"));
  await Deno.copyFile(debFor("amd64"), machine.at("root/agentgazer.deb"));
  // As `systemctl --user edit agentgazer` does it, for a network with an authority of its own.
  await machine.adaGets(`mkdir -p ~/.config/systemd/user/agentgazer.service.d
    printf '[Service]\\nEnvironment=DENO_CERT=/etc/ssl/company.pem\\n' \
      > ~/.config/systemd/user/agentgazer.service.d/network.conf`);
  const parts = made.move();
  return { machine, providers, [Symbol.asyncDispose]: () => parts.disposeAsync() };
}

/** Installs a package with Debian's own tool. @returns what it said @throws {Error} when it fails */
export async function install(machine: Machine, file = "/root/agentgazer.deb"): Promise<string> {
  const { code, output } = await machine.root(`apt-get install -y --no-install-recommends ${file}`);
  if (code !== 0) throw new Error(output);
  return output;
}

/** Resolves when the proxy of ada's service answers. */
export async function listening({ adaGets }: Machine): Promise<void> {
  await adaGets(
    "curl -s --fail --retry 60 --retry-connrefused --retry-delay 1 http://127.0.0.1:18900/health",
  );
}

/**
 * Waits until ada's journal of the service has a line that matches a pattern of grep.
 *
 * @param after a cursor of the journal
 * @returns the journal up to that line
 * @throws {Error} when none comes within a minute
 */
export function logged({ adaGets }: Machine, pattern: string, after?: string): Promise<string> {
  const from = after === undefined ? "--lines=all" : `--after-cursor=${after}`;
  // In a pipe, what writes would be waited for, and it learns only from its next line that nobody reads any more.
  return adaGets(`bash -c 'grep -m 1 -B 9999 "$0" \
    < <(timeout 60 journalctl --user -u agentgazer -f -o cat "$1" 2>/dev/null)' '${pattern}' '${from}'`);
}

/** Makes a package of an older version, which also has a file that this one does not have any more. */
export async function makeOlder(machine: Machine): Promise<string> {
  const { code, output } = await machine.root(`set -e
    dpkg-deb --raw-extract /root/agentgazer.deb /root/older
    sed -i 's/^Version: .*/Version: 0.0.9/' /root/older/DEBIAN/control
    echo old > /root/older/usr/share/doc/agentgazer/OLD
    dpkg-deb --root-owner-group -Znone --build /root/older /root/older.deb`);
  if (code !== 0) throw new Error(output);
  return join("/root", "older.deb");
}
