import type { System } from "../system.ts";

/** The variables that name a proxy for https, in the order in which the runtime looks at them. */
const NAMES = ["ALL_PROXY", "all_proxy", "HTTPS_PROXY", "https_proxy"];

/** The variable that names a proxy for https, if one does. */
export function proxyVariable(env: System["env"]): string | undefined {
  return NAMES.find((name) => env(name) !== undefined);
}

/** Whether `NO_PROXY` excepts a host. Networks of addresses don't matter, since providers have names. */
export function isExcepted(env: System["env"], host: string): boolean {
  const names = (env("NO_PROXY") ?? env("no_proxy") ?? "").split(",").map((name) => name.trim());
  return names.some((name) => {
    const domain = name.replace(/^\./, "");
    return name === "*" || `.${host}`.endsWith(`.${domain}`);
  });
}
