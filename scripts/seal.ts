/**
 * The seal: exactly the permissions that the executable has, generated from the provider table. Prints the
 * flags for `deno run` and `deno compile` on one line.
 */
import { SESSION_PROGRAMS } from "../backends/gui_session.ts";
import { BROWSER_OPENERS } from "../backends/browser.ts";
import { SECURITY } from "../backends/keychain.ts";
import { SECRET_TOOL } from "../backends/libsecret.ts";
import { PROVIDERS } from "../lib/providers/table.ts";

/** Where the proxy may listen, on any port. */
const LISTENING = ["127.0.0.1", "[::1]", "0.0.0.0", "[::]"];

/** The variables that the program reads, and those that change what the runtime or a child does. */
const ENVIRONMENT = [
  "AGENTGAZER_HOME",
  "AGENTGAZER_SECRET_BACKEND",
  "AGENTGAZER_MACHINE_KEY_FILE",
  "CREDENTIALS_DIRECTORY",
  "AGENTGAZER_LOG",
  "NO_COLOR",
  "HOME",
  "HTTP_PROXY",
  "http_proxy",
  "HTTPS_PROXY",
  "https_proxy",
  "ALL_PROXY",
  "all_proxy",
  "NO_PROXY",
  "no_proxy",
  "DENO_CERT",
  "DENO_TLS_CA_STORE",
  "SSL_CERT_FILE",
  "SSLKEYLOGFILE",
  "DENO_SERVE_ADDRESS",
  // Whether and where a keystore is, and whether somebody can answer its dialog.
  "DBUS_SESSION_BUS_ADDRESS",
  "XDG_RUNTIME_DIR",
  "DISPLAY",
  "WAYLAND_DISPLAY",
  "SSH_CONNECTION",
  "SSH_CLIENT",
  "SSH_TTY",
  "CI",
  // What a browser needs to open, and whether a terminal can show a spinner.
  "XAUTHORITY",
  "XDG_CURRENT_DESKTOP",
  "XDG_DATA_DIRS",
  "WSL_DISTRO_NAME",
  "WSL_INTEROP",
  "TERM",
];

/** Those that `doctor` looks at, since they can lead an SDK past the proxy. */
const SDK_VARIABLES = PROVIDERS.flatMap(({ sdk }) => [...sdk.key, ...sdk.base, ...sdk.others ?? []]);

/** The programs that may be started: those that keep keys, that know the machine and the session, and that open pages. */
const PROGRAMS: Readonly<Record<string, readonly string[]>> = {
  linux: [...SECRET_TOOL, ...BROWSER_OPENERS.linux!],
  darwin: [
    SECURITY,
    "/usr/sbin/ioreg",
    ...Object.values(SESSION_PROGRAMS),
    ...SECRET_TOOL,
    ...BROWSER_OPENERS.darwin!,
  ],
};

/** What the vault key is bound to: user id and name. The runtime asks for the group id with the name. */
const SYSTEM = ["uid", "gid", "userInfo"];

/**
 * The permission flags of a build.
 *
 * @param os as `Deno.build.os` names it
 */
export function sealFlags(os: string): string[] {
  const hosts = new Set(PROVIDERS.flatMap(({ hosts, loginHosts = [] }) => [...hosts, ...loginHosts]));
  const net = [...[...hosts].map((host) => `${host}:443`), ...LISTENING];
  return [
    "--no-prompt",
    // Files can't be limited to a folder that is known only at run time.
    "--allow-read",
    "--allow-write",
    `--allow-net=${net.join(",")}`,
    `--allow-env=${[...new Set([...ENVIRONMENT, ...SDK_VARIABLES])].join(",")}`,
    "--ignore-env",
    `--allow-sys=${SYSTEM.join(",")}`,
    ...(Object.hasOwn(PROGRAMS, os) ? [`--allow-run=${PROGRAMS[os]!.join(",")}`] : []),
  ];
}

if (import.meta.main) console.log(sealFlags(Deno.build.os).join(" "));
