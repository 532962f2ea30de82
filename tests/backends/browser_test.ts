import assert from "node:assert/strict";
import { writeProgram } from "../support/write_program.ts";
import { BROWSER_OPENERS, openBrowser } from "../../backends/browser.ts";
import { firstProgram, placesOf } from "../../backends/programs.ts";
import { temporaryFolder } from "../support/temporary_folder.ts";

const URL = "https://auth.openai.com/oauth/authorize?a=1&b=%20;$(id)'\"`x`#end";

/** The real one, which finds the browser by the files in HOME. */
const HAS_XDG = Deno.build.os === "linux" && firstProgram(placesOf("xdg-open")) !== undefined;

interface Desktop extends Disposable {
  readonly env: Readonly<Record<string, string>>;
  open(more?: Record<string, string>): Promise<boolean>;
  /** What the browser was started with: its arguments, then its environment. */
  seen(): { readonly args: string[]; readonly env: Record<string, string> } | undefined;
}

/** A user whose browser is a script that ends with this code. */
function makeDesktop(code = 0): Desktop {
  const folder = temporaryFolder();
  const home = folder.path;
  const applications = `${home}/.local/share/applications`;
  Deno.mkdirSync(applications, { recursive: true });
  Deno.mkdirSync(`${home}/.config`);
  const script =
    `#!/bin/sh\n{ printf '%s\\0' "$@" --; env -0; } > '${home}/new' && mv '${home}/new' '${home}/seen'\nexit ${code}\n`;
  writeProgram(`${home}/browser`, script);
  const entry = [
    "Type=Application",
    "Name=Fake",
    `Exec=${home}/browser %u`,
    "MimeType=x-scheme-handler/https;",
  ];
  Deno.writeTextFileSync(`${applications}/fake.desktop`, ["[Desktop Entry]", ...entry, ""].join("\n"));
  Deno.writeTextFileSync(
    `${home}/.config/mimeapps.list`,
    "[Default Applications]\nx-scheme-handler/https=fake.desktop\n",
  );
  const env = { HOME: home, DISPLAY: ":99" };
  return {
    env,
    open: (more = {}) => {
      const all: Record<string, string> = { ...env, ...more };
      return openBrowser(URL, "linux", (name) => all[name]);
    },
    seen() {
      if (firstProgram([`${home}/seen`]) === undefined) return undefined;
      const texts = Deno.readTextFileSync(`${home}/seen`).split("\0");
      const end = texts.indexOf("--");
      const variables = texts.slice(end + 1).filter((text) => text !== "").map((text) => {
        const at = text.indexOf("=");
        return [text.slice(0, at), text.slice(at + 1)];
      });
      return { args: texts.slice(0, end), env: Object.fromEntries(variables) };
    },
    [Symbol.dispose]: () => folder[Symbol.dispose](),
  };
}

Deno.test({
  name: "openBrowser() hands the address over as it is, as one argument",
  ignore: !HAS_XDG,
  async fn() {
    using desktop = makeDesktop();
    assert.equal(await desktop.open(), true);
    assert.deepEqual(desktop.seen()!.args, [URL]);
  },
});

Deno.test({
  name: "openBrowser() gives the browser nothing of the environment but what finds and shows it",
  ignore: !HAS_XDG,
  async fn() {
    using desktop = makeDesktop();
    const session = { WAYLAND_DISPLAY: "wayland-9", XDG_RUNTIME_DIR: "/run/nowhere" };
    const others = {
      AGENTGAZER_HOME: "/x",
      OPENAI_API_KEY: "sk-canary",
      LD_PRELOAD: "/x.so",
      PATH: "/evil",
      BROWSER: "evil",
    };
    assert.equal(await desktop.open({ ...session, ...others }), true);
    const { env } = desktop.seen()!;
    for (const name of Object.keys(others).filter((name) => name !== "PATH")) {
      assert.equal(env[name], undefined, name);
    }
    assert.equal(env.PATH, "/usr/local/bin:/usr/bin:/bin");
    for (const [name, value] of Object.entries({ ...desktop.env, ...session })) {
      assert.equal(env[name], value, name);
    }
  },
});

Deno.test({
  name: "openBrowser() opens a page from WSL where the programs of Windows are not there",
  ignore: !HAS_XDG ||
    firstProgram(BROWSER_OPENERS.linux!.filter((path) => !path.endsWith("/xdg-open"))) !== undefined,
  async fn() {
    using desktop = makeDesktop();
    assert.equal(await desktop.open({ WSL_DISTRO_NAME: "Ubuntu" }), true);
    assert.deepEqual(desktop.seen()!.args, [URL]);
  },
});

Deno.test({
  name: "openBrowser() opens nothing where nobody could see it, such as a text browser",
  ignore: !HAS_XDG,
  async fn() {
    using desktop = makeDesktop();
    const open = await openBrowser(
      "http://127.0.0.1:9/",
      "linux",
      (name) => name === "HOME" ? desktop.env.HOME : undefined,
    );
    assert.equal(open, false);
    assert.equal(desktop.seen(), undefined);
  },
});

Deno.test("openBrowser() knows of no program but those that the seal allows, by absolute path", () => {
  assert.deepEqual(Object.keys(BROWSER_OPENERS).sort(), ["darwin", "linux"]);
  for (const path of Object.values(BROWSER_OPENERS).flat()) {
    assert.match(path, /^\/(usr|opt|run|mnt)\/[\w./-]+$/);
    assert.ok(!/\/\.|\/\/|cmd\.exe|powershell/.test(path), path);
  }
  assert.deepEqual(BROWSER_OPENERS.darwin, ["/usr/bin/open"]);
});
