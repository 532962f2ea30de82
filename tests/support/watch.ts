import { join } from "node:path";
import { PROVIDERS } from "../../lib/providers/table.ts";
import { Secret } from "../../lib/secret.ts";
import { tokensIn } from "../../lib/vault/login.ts";
import { Leaks } from "./leaks.ts";
import { HERE, stored } from "./stored.ts";

/** Where the user is shown a code on purpose; MiniMax puts it into its address too. */
export const SHOWN = /Open https:\/\/\S+ and (?:enter|confirm) the code [\w-]+/g;

/** Where tests put plaintext keys for the program to move. */
const PLAINTEXT = /[/]config\.json(?:\.new)?$/;

/** Watches the program in a box: whatever it shows, hands on or leaves may hold none of the secrets in the box. */
export interface Watch {
  /** Adds secrets; they are asked for at the end. */
  readonly secrets: (() => Iterable<string>)[];
  /** What a test shows, sends back or leaves on purpose: in texts of which the name matches, nothing is searched for. */
  readonly exempt: RegExp[];
  /** Keeps a text to be searched at the end. */
  saw(what: string, text: string): void;
  /** @throws {AssertionError} when a piece of a secret is where it must not be; then it names the place */
  check(): Promise<void>;
}

/** Makes one. @param folder with all that the program can write to */
export function makeWatch(folder: string, home: string): Watch {
  const texts: [what: string, text: string][] = [];
  const watch: Watch = {
    secrets: [],
    exempt: [PLAINTEXT],
    saw: (what, text) => void texts.push([what, text]),
    async check() {
      const given = watch.secrets.flatMap((secrets) => [...secrets()]);
      const leaks = new Leaks([...given, ...await inVault(home)].flatMap(unguessable));
      const isExempt = (what: string) => watch.exempt.some((pattern) => pattern.test(what));
      for (const [what, text] of texts) {
        if (!isExempt(what)) leaks.assertNone(text.replaceAll(SHOWN, ""), what);
      }
      await leaks.assertNoneBelow(folder, isExempt);
    },
  };
  return watch;
}

/** What nobody could guess: the words before it are of its kind. Codes for people, which are short, are shown to them. */
function unguessable(secret: string): string[] {
  const rest = secret.trim().replace(/^(?:[a-z]+\d*-)+/, "");
  return rest.length >= 16 && new Set(rest).size >= 10 ? [rest] : [];
}

/** The credentials in the vault, as far as this process can open it without a keystore. */
async function inVault(home: string): Promise<string[]> {
  const key = await Deno.readFile(join(home, "machine.key")).catch(() => undefined);
  if (key === undefined) return [];
  const values = await Promise.all(PROVIDERS.map(async ({ id, auth }) => {
    const kind = auth === "api-key" ? "api-key" : "login";
    const value = await stored(home, kind, id, HERE).catch(() => undefined);
    if (value === undefined) return [];
    if (kind === "api-key") return [value];
    const { accessToken, refreshToken } = tokensIn(value) ?? { accessToken: new Secret(value) };
    return [accessToken.reveal(), refreshToken?.reveal() ?? ""];
  }));
  return values.flat();
}
