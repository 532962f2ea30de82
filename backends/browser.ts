import { firstProgram, placesOf } from "./programs.ts";

/** How long a program that opens pages is waited for, in milliseconds: one that fails does so at once. */
const PATIENCE = 2000;

/** What opens a page on each system: the path of the program, and what comes before the address. */
interface Opener {
  readonly paths: readonly string[];
  readonly args: readonly string[];
}

const MACOS: Opener = { paths: ["/usr/bin/open"], args: [] };
const LINUX: Opener = { paths: placesOf("xdg-open"), args: [] };

/** The Windows side of WSL, in the order in which they are tried. */
const WSL: readonly Opener[] = [
  { paths: ["/mnt/c/Windows/System32/rundll32.exe"], args: ["url.dll,FileProtocolHandler"] },
  { paths: placesOf("wslview"), args: [] },
];

/** Every program that may be started to open a page, by operating system. */
export const BROWSER_OPENERS: Readonly<Record<string, readonly string[]>> = {
  darwin: MACOS.paths,
  linux: [LINUX, ...WSL].flatMap(({ paths }) => paths),
};

/** What a desktop needs to find the user's browser and to show its window. */
const SESSION = [
  "HOME",
  "DISPLAY",
  "WAYLAND_DISPLAY",
  "XAUTHORITY",
  "DBUS_SESSION_BUS_ADDRESS",
  "XDG_RUNTIME_DIR",
  "XDG_CURRENT_DESKTOP",
  "XDG_DATA_DIRS",
  "WSL_DISTRO_NAME",
  "WSL_INTEROP",
];

/**
 * Opens a page in the user's browser; whether that seems to have worked. The browser outlives this process, and a
 * Ctrl-C here does not end it.
 *
 * @param os as `Deno.build.os` names it
 */
export async function openBrowser(
  url: string,
  os: string,
  env: (name: string) => string | undefined,
): Promise<boolean> {
  for (const { paths, args } of openersFor(os, env)) {
    const path = firstProgram(paths);
    if (path !== undefined && await start(path, [...args, url], env)) return true;
  }
  return false;
}

function openersFor(os: string, env: (name: string) => string | undefined): readonly Opener[] {
  if (os === "darwin") return [MACOS];
  return env("WSL_DISTRO_NAME") ? [...WSL, LINUX] : [LINUX];
}

async function start(
  path: string,
  args: readonly string[],
  env: (name: string) => string | undefined,
): Promise<boolean> {
  const session = SESSION.flatMap((name) => {
    const value = env(name);
    return value === undefined ? [] : [[name, value] as const];
  });
  const hasDisplay = session.some(([name]) => name === "DISPLAY" || name === "WAYLAND_DISPLAY");
  // Without a display, xdg-open would start a browser for text, which nobody would see.
  if (!hasDisplay) session.push(["BROWSER", "/bin/false"]);
  try {
    const child = new Deno.Command(path, {
      args: [...args],
      clearEnv: true,
      env: { PATH: "/usr/local/bin:/usr/bin:/bin", ...Object.fromEntries(session) },
      stdin: "null",
      stdout: "null",
      stderr: "null",
      detached: true,
    }).spawn();
    child.unref();
    // It may itself be the browser, which runs on.
    let timer = 0;
    const late = new Promise<true>((resolve) => timer = setTimeout(resolve, PATIENCE, true));
    return await Promise.race([late, child.status.then(({ success }) => success)])
      .finally(() => clearTimeout(timer));
  } catch {
    return false;
  }
}
