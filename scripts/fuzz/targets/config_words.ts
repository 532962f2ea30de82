import type { Chance } from "../chance.ts";

/** Keys that stand in the clear, of which no piece may be told. */
export const SECRETS = [
  "sk-proj-Vb3nQ8rT5xZw2LkJ9dHsYc7m",
  "mi-T7rVb3Gh6Ny1Ks4Wf8Jd2QzXcVb",
  "ms-Zx8Cv5Bn2Ma9Sd6Fg3HjKlQwEr",
];

const IDS = [
  "openai",
  "mistral",
  "moonshot",
  "openai-oauth",
  "minimax-oauth",
  "zhipu",
  "nobody",
  "__proto__",
  "constructor",
  "",
];
const VALUES = ["null", "false", '""', "0", "1e999", "[]", "{}", "true", '"\\ud800"', '"cn"', '"global"'];
const FIELDS = ["apiKey", "region", "baseUrl", "APIKEY", "providers", "__proto__"];

/** What means something in config.json. */
export const CONFIG_WORDS: readonly string[] = [
  ...SECRETS.map((key) => JSON.stringify(key)),
  ...IDS.map((id) => `"${id}":`),
  ...FIELDS.map((name) => `"${name}":`),
  ...VALUES,
  "{",
  "}",
  "[",
  "]",
  ",",
  "// x\n",
  "/* x */",
  "\ufeff",
  "\\u0061",
  "\n\t",
];

/** A config.json, with whatever white space. */
export function makeConfig(chance: Chance): string {
  const blank = () => chance.pick(["", "", " ", "\n  ", "\r\n\t"]);
  const object = (members: readonly string[]) =>
    `{${members.map((one) => blank() + one + blank()).join(",")}${blank()}}`;
  const member = (name: string, value: string) => `"${name}"${blank()}:${blank()}${value}`;
  const key = () => chance.once(5) ? chance.pick(VALUES) : JSON.stringify(chance.pick(SECRETS));
  const entry = () => {
    if (chance.once(3)) return key();
    return object(
      chance.some(FIELDS, 3).map((name) => member(name, name === "apiKey" ? key() : chance.pick(VALUES))),
    );
  };
  const providers = object(chance.some(IDS, 4).map((id) => member(id, entry())));
  const others = chance.some(["log", "port", "x", "providers"], 3).map((name) =>
    member(name, chance.pick(VALUES))
  );
  const at = chance.below(others.length + 1);
  return blank() + object(others.toSpliced(at, 0, member("providers", providers))) + blank();
}
