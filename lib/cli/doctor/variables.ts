import { PROVIDERS } from "../../providers/table.ts";
import type { Context } from "../context.ts";
import { type Finding, fine, warning } from "./finding.ts";

/** How the variables of this shell are set right. */
const MEND = 'eval "$(agentgazer env)"';

/**
 * Looks for variables that lead tools past the proxy. Their values are never shown.
 *
 * @param address of the proxy
 */
export function examineVariables({ system: { env } }: Context, address: string): Finding[] {
  const findings = new Map<string, Finding>();
  const warn = (message: string, fix: string) => findings.set(message, warning("environment", message, fix));
  for (const { sdk } of PROVIDERS) {
    for (const name of [...sdk.key, ...sdk.others ?? []]) {
      const value = env(name);
      if (value === undefined || value.startsWith("agz_")) continue;
      warn(`${name} is no local token: tools that read it go past the proxy`, `unset ${name}; ${MEND}`);
    }
    for (const name of sdk.base) {
      const value = env(name);
      if (value === undefined || value.startsWith(address + "/")) continue;
      warn(`${name} does not lead to the proxy at ${address}`, MEND);
    }
    const key = sdk.key.find((name) => env(name)?.startsWith("agz_"));
    const [base] = sdk.base;
    if (key === undefined || base === undefined || env(base) !== undefined) continue;
    warn(`${key} is a local token, but ${base} is not set`, MEND);
  }
  const proxied = ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"].find((name) =>
    env(name) !== undefined
  );
  const exempt = `${env("NO_PROXY") ?? ""},${env("no_proxy") ?? ""}`.split(",").map((host) => host.trim());
  if (proxied !== undefined && !["127.0.0.1", "127.0.0.0/8", "*"].some((host) => exempt.includes(host))) {
    warn(
      `${proxied} is set, so some tools send the local token to that proxy`,
      'export NO_PROXY="127.0.0.1,localhost,$NO_PROXY"',
    );
  }
  if (findings.size > 0) return [...findings.values()];
  return [fine("environment", "no variable leads SDKs past the proxy")];
}
