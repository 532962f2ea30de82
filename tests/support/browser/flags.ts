/** Debian's package `chromium`. */
export const BROWSER = "/usr/bin/chromium";

const ARGS = [
  "--headless=new",
  // Its sandbox does not work for root.
  "--no-sandbox",
  "--disable-gpu",
  "--disable-dev-shm-usage",
  "--no-first-run",
  "--no-default-browser-check",
  "--no-proxy-server",
  "--disable-background-networking",
  "--disable-breakpad",
  "--disable-client-side-phishing-detection",
  "--disable-component-update",
  "--disable-default-apps",
  "--disable-domain-reliability",
  "--disable-extensions",
  "--disable-sync",
  "--disable-features=HttpsUpgrades,MediaRouter,OptimizationHints,Translate",
  "--metrics-recording-only",
  "--password-store=basic",
  // A click counts before the first frame is shown.
  "--allow-pre-commit-input",
  "--ignore-certificate-errors",
  "--remote-debugging-port=0",
];

/** The arguments with which the browser reaches only this machine. */
export function browserArgs(resolve: Readonly<Record<string, string>>, profileFolder: string): string[] {
  const rules = [
    ...Object.entries(resolve).map(([host, address]) => `MAP ${host} ${address}`),
    "MAP * ~NOTFOUND",
    ...["localhost", "127.*", "[::1]"].map((host) => `EXCLUDE ${host}`),
  ];
  return [
    ...ARGS,
    `--user-data-dir=${profileFolder}`,
    `--host-resolver-rules=${rules.join(",")}`,
    "about:blank",
  ];
}
