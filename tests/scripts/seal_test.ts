import assert from "node:assert/strict";
import { PROVIDERS } from "../../lib/providers/table.ts";
import { sealFlags } from "../../scripts/seal.ts";

/** Written out, so that nothing joins the network by a change in one place. */
const NETWORK = [
  "api.openai.com:443",
  "chatgpt.com:443",
  "api.anthropic.com:443",
  "generativelanguage.googleapis.com:443",
  "api.mistral.ai:443",
  "api.cohere.com:443",
  "api.cohere.ai:443",
  "api.deepseek.com:443",
  "api.moonshot.cn:443",
  "api.moonshot.ai:443",
  "api.z.ai:443",
  "open.bigmodel.cn:443",
  "api.minimax.chat:443",
  "api.minimax.io:443",
  "api.minimaxi.com:443",
  "api.baichuan-ai.com:443",
  "api.lingyiwanwu.com:443",
  "auth.openai.com:443",
  "account.minimax.io:443",
  "account.minimaxi.com:443",
  "127.0.0.1",
  "[::1]",
  "0.0.0.0",
  "[::]",
];

/** What the program itself and the runtime read, written out for the same reason. */
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
  "DBUS_SESSION_BUS_ADDRESS",
  "XDG_RUNTIME_DIR",
  "DISPLAY",
  "WAYLAND_DISPLAY",
  "SSH_CONNECTION",
  "SSH_CLIENT",
  "SSH_TTY",
  "CI",
  "XAUTHORITY",
  "XDG_CURRENT_DESKTOP",
  "XDG_DATA_DIRS",
  "WSL_DISTRO_NAME",
  "WSL_INTEROP",
  "TERM",
];

/** What `doctor` looks at: exactly what the SDKs of the table read. Some of it may hold a credential. */
const SDK_VARIABLES = [
  "OPENAI_API_KEY",
  "OPENAI_BASE_URL",
  "OPENAI_ADMIN_KEY",
  "CODEX_API_KEY",
  "ANTHROPIC_API_KEY",
  "ANTHROPIC_BASE_URL",
  "ANTHROPIC_AUTH_TOKEN",
  "GEMINI_API_KEY",
  "GOOGLE_API_KEY",
  "GOOGLE_GEMINI_BASE_URL",
  "MISTRAL_API_KEY",
  "MISTRAL_BASE_URL",
  "CO_API_KEY",
  "COHERE_API_KEY",
  "CO_API_URL",
  "DEEPSEEK_API_KEY",
  "DEEPSEEK_BASE_URL",
  "MOONSHOT_API_KEY",
  "MOONSHOT_BASE_URL",
  "KIMI_API_KEY",
  "ZAI_API_KEY",
  "ZAI_BASE_URL",
  "ZHIPUAI_API_KEY",
  "ZHIPU_API_KEY",
  "MINIMAX_API_KEY",
  "MINIMAX_BASE_URL",
  "BAICHUAN_API_KEY",
  "BAICHUAN_BASE_URL",
  "YI_API_KEY",
  "YI_BASE_URL",
];

const SECRET_TOOL = [
  "/usr/bin/secret-tool",
  "/usr/local/bin/secret-tool",
  "/opt/homebrew/bin/secret-tool",
  "/run/current-system/sw/bin/secret-tool",
];

/** The programs that may be started. */
const PROGRAMS: Readonly<Record<string, readonly string[]>> = {
  linux: [
    ...SECRET_TOOL,
    "/usr/bin/xdg-open",
    "/usr/local/bin/xdg-open",
    "/opt/homebrew/bin/xdg-open",
    "/run/current-system/sw/bin/xdg-open",
    "/usr/bin/wslview",
    "/usr/local/bin/wslview",
    "/opt/homebrew/bin/wslview",
    "/run/current-system/sw/bin/wslview",
    "/mnt/c/Windows/System32/rundll32.exe",
  ],
  darwin: [
    "/usr/bin/security",
    "/usr/sbin/ioreg",
    "/bin/launchctl",
    "/usr/bin/pgrep",
    "/usr/bin/open",
    ...SECRET_TOOL,
  ],
};

/** What a flag lists, or `undefined` when it isn't there. */
function listed(os: string, name: string): string[] | undefined {
  const found = sealFlags(os).filter((flag) => flag === name || flag.startsWith(name + "="));
  assert.ok(found.length <= 1, `${name} is there twice`);
  return found[0]?.slice(name.length + 1).split(",");
}

for (const os of ["linux", "darwin"]) {
  Deno.test(`sealFlags() opens the network of ${os} to the table's hosts on 443 and to the listening addresses`, () => {
    assert.deepEqual(listed(os, "--allow-net")?.sort(), NETWORK.toSorted());
  });

  Deno.test(`sealFlags() asks nobody on ${os} and hides what is not listed`, () => {
    const flags = sealFlags(os);
    assert.ok(flags.includes("--no-prompt"));
    assert.ok(flags.includes("--ignore-env"));
  });

  Deno.test(`sealFlags() gives ${os} no permission beyond those of the design`, () => {
    const flags = sealFlags(os);
    const names = flags.map((flag) => flag.split("=", 1)[0]!);
    const known = [
      "--no-prompt",
      "--allow-read",
      "--allow-write",
      "--allow-net",
      "--allow-env",
      "--ignore-env",
      "--allow-sys",
      "--allow-run",
    ];
    assert.deepEqual(names.toSorted(), known.toSorted());
    for (const name of ["--allow-net", "--allow-env", "--allow-sys", "--allow-run", "--allow-all", "-A"]) {
      assert.ok(!flags.includes(name), `${name} without a list`);
    }
    for (const flag of flags) assert.doesNotMatch(flag, /\s|,,|,$|=$|\*|:444|:\/\//);
  });

  Deno.test(`sealFlags() lets ${os} read the listed variables and no other`, () => {
    const names = listed(os, "--allow-env")!;
    assert.deepEqual(names.toSorted(), [...ENVIRONMENT, ...SDK_VARIABLES].toSorted());
    for (const name of names) assert.match(name, /^[A-Za-z][A-Za-z0-9_]*$/);
  });

  Deno.test(`sealFlags() starts on ${os} only what keeps keys, knows the machine or opens pages, by absolute paths`, () => {
    assert.deepEqual(listed(os, "--allow-run")?.toSorted(), PROGRAMS[os]!.toSorted());
  });

  Deno.test(`sealFlags() tells ${os} who runs it, and not the name of the host`, () => {
    assert.deepEqual(listed(os, "--allow-sys")?.sort(), ["gid", "uid", "userInfo"]);
  });
}

Deno.test("sealFlags() lets no variable in that loads code, nor one with a credential but the SDKs' own", () => {
  const table = PROVIDERS.flatMap(({ sdk }) => [...sdk.key, ...sdk.base, ...sdk.others ?? []]);
  assert.deepEqual(SDK_VARIABLES.toSorted(), [...new Set(table)].toSorted());
  const loads = /^LD_|^DYLD_|^NODE_|^PATH$|^DENO_DIR$|V8_FLAGS/;
  for (const name of ENVIRONMENT) assert.doesNotMatch(name, /_KEY$|TOKEN|PASSWORD|SECRET$/);
  for (const name of [...ENVIRONMENT, ...SDK_VARIABLES]) assert.doesNotMatch(name, loads);
});

Deno.test("sealFlags() starts nothing on other systems", () => {
  for (const os of ["windows", "freebsd", "", "Darwin"]) assert.equal(listed(os, "--allow-run"), undefined);
});
