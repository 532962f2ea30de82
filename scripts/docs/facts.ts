import type { Term } from "./pages.ts";

/** The variables that matter to a user. */
export const VARIABLES: readonly Term[] = [
  {
    term: "AGENTGAZER_HOME",
    text: "the folder of the vault, as an absolute path; without it, .agentgazer in the home folder",
  },
  {
    term: "AGENTGAZER_SECRET_BACKEND",
    text:
      "forces a keystore: keychain, libsecret or machine; a vault that uses another one is refused until " +
      "it is moved",
  },
  {
    term: "AGENTGAZER_MACHINE_KEY_FILE",
    text: "the key file to use in place of machine.key, as an absolute path",
  },
  {
    term: "CREDENTIALS_DIRECTORY",
    text: "set by systemd: a credential agentgazer.key in it is used like AGENTGAZER_MACHINE_KEY_FILE",
  },
  {
    term: "AGENTGAZER_LOG",
    text:
      "how much start writes: error, warn, info (the default: also a line per request) or debug (also when " +
      "tokens are renewed)",
  },
  { term: "NO_COLOR", text: "no colour on terminals" },
  { term: "HTTPS_PROXY, ALL_PROXY, NO_PROXY", text: "a proxy on the way to the providers" },
  { term: "DENO_CERT", text: "a file with further certificate authorities" },
  {
    term: "DENO_TLS_CA_STORE",
    text: "whose certificate authorities are trusted: system, mozilla, or both with a comma",
  },
  {
    term: "SSL_CERT_FILE",
    text: "with DENO_TLS_CA_STORE=system: the file that takes the place of the system's authorities",
  },
  {
    term: "SSLKEYLOGFILE, DENO_SERVE_ADDRESS",
    text: "must not be set: start, login, logout and providers test refuse them, since the runtime would " +
      "disclose every credential under the first, and listen elsewhere under the second",
  },
];

/** What lies in the vault's folder. */
export const FILES: readonly Term[] = [
  { term: "~/.agentgazer/vault.json", text: "the credentials and the local tokens, encrypted" },
  { term: "~/.agentgazer/config.json", text: "settings, such as the region of a provider" },
  {
    term: "~/.agentgazer/machine.key",
    text: "with the keystore machine: what the vault's key is derived from",
  },
  { term: "~/.agentgazer/proxy.json", text: "where the running proxy listens" },
  {
    term: "~/.agentgazer/vault.lock, ~/.agentgazer/refresh-<id>.lock",
    text: "empty: they keep two processes from writing, or renewing a login, at once",
  },
];

/** What each exit code means. `tests/docs/reference_test.ts` holds it to those that there are. */
export const EXIT_CODES: readonly Term[] = [
  { term: "0", text: "done" },
  { term: "1", text: "a bug: please report it" },
  { term: "2", text: "usage, or a setting that can't be used" },
  { term: "3", text: "no credential, a rejected one, or a login that is needed or failed" },
  { term: "4", text: "not found" },
  {
    term: "5",
    text: "the keystore or the vault's folder is locked or unavailable, or the key does not fit the vault",
  },
  { term: "6", text: "refused, such as a vault file that others may open" },
  { term: "7", text: "the network, or a port in use" },
  { term: "8", text: "the vault is damaged" },
  { term: "130", text: "interrupted" },
];
