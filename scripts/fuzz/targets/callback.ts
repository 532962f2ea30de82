import assert from "node:assert/strict";
import type { Callback } from "../../../lib/oauth/callback.ts";
import { callbackBox, REDIRECT, STATE } from "../../../tests/support/fake_callback.ts";
import type { Chance } from "../chance.ts";
import type { Target } from "../target.ts";

/** What comes of one visit or one paste. */
export interface Offered {
  /** What is shown to the person. */
  readonly text: string;
  /** The codes with which the login has gone on until then. */
  readonly codes: readonly (string | null)[];
}

/** Makes a callback of a login, which then gets one text after the other. */
export type Begin = () => (text: string) => Promise<Offered>;

const CODE = "ac_Vb3nQ8rT5xZw2LkJ9dHsYc7m";
const ISSUER = "https://auth.openai.com";
const GOOD = `code=${CODE}&state=${STATE}`;
const OTHER_STATE = STATE.replace(/.$/, "A");

const PARTS = [
  `code=${CODE}`,
  `state=${STATE}`,
  `state=${OTHER_STATE}`,
  `state=${STATE.toLowerCase()}`,
  `%73tate=${STATE}`,
  `State=${STATE}`,
  "state=",
  `iss=${encodeURIComponent(ISSUER)}`,
  `iss=${ISSUER}/`,
  "iss=https://evil.test",
  "iss=",
  "error=access_denied",
  "error=",
  "error_description=%3Cb%3E",
  "code=",
  `code=${CODE}%00`,
  `%63ode=${CODE}`,
  "response=a.b.c",
  "id_token=a.b.c",
  "scope=openid+profile",
];

const ADDRESSES = [REDIRECT, REDIRECT.replace("http://", ""), "", REDIRECT.replace("localhost", "127.0.0.1")];
const METHODS = ["GET", "GET", "GET", "POST", "HEAD"];

/** Visits (`GET http://…`, with a Host behind a space where it is not that of the address) and pasted texts. */
export const callback: Target<Begin> = {
  name: "callback",
  words: [
    ...PARTS,
    ...PARTS.map((part) => `&${part}`),
    ...ADDRESSES,
    ...METHODS,
    "?",
    "#",
    "&",
    "=",
    "%",
    "+",
    "\0",
    ";",
  ],
  subject: begin,
  generate: (chance) => Array.from({ length: 1 + chance.below(3) }, () => makeOne(chance)),
  async check(input, begin) {
    const offer = begin();
    const ends: string[] = [];
    for (const text of input.slice(0, 6)) {
      const { text: shown, codes } = await offer(text);
      assert.ok(!shown.includes(STATE), "the state is shown");
      for (const value of valuesIn(text)) assert.ok(!shown.includes(value), "a parameter is shown");
      assert.ok(codes.length <= 1, "two codes are taken");
      if (codes.length === 1 && !ends.includes("taken")) {
        checkTaken(text, codes[0]!);
        ends.push("taken");
      } else ends.push(shown.replace(/<[^>]*>|\s+/g, " ").trim().slice(-40));
    }
    return ends.slice(0, 2).join();
  },
};

/** What must be true of a text that the login goes on with; read without the runtime's parser. */
function checkTaken(text: string, code: string | null): void {
  const { address, parameters } = partsOf(text);
  assert.ok([REDIRECT, REDIRECT.replace("http://", ""), ""].includes(address), "another address is taken");
  const names = parameters.map(([name]) => name);
  assert.equal(new Set(names).size, names.length, "a parameter that is repeated is taken");
  const all = new Map(parameters);
  assert.equal(all.get("state"), STATE, "another state is taken");
  assert.equal(all.get("code"), code, "another code is taken");
  assert.notEqual(code, "", "an empty code is taken");
  assert.ok([undefined, "", ISSUER].includes(all.get("iss")), "another issuer is taken");
  assert.ok([undefined, ""].includes(all.get("error")), "an error is taken");
}

function partsOf(text: string): { address: string; parameters: [string, string][] } {
  const plain = text.trim().replace(/^[A-Z]+ (http\S*)( .*)?$/s, "$1").replace(/#.*$/s, "");
  const mark = plain.indexOf("?");
  const address = mark < 0 ? plain : plain.slice(0, mark);
  // A second question mark is dropped as well (URL standard, the URLSearchParams constructor).
  const query = mark < 0 ? "" : plain.slice(mark + 1).replace(/^\?/, "");
  const parameters = query.split("&").filter((one) => one !== "").map((one): [string, string] => {
    const at = one.indexOf("=");
    return at < 0 ? [decoded(one), ""] : [decoded(one.slice(0, at)), decoded(one.slice(at + 1))];
  });
  return { address, parameters };
}

function decoded(text: string): string {
  const bytes: number[] = [];
  for (let at = 0; at < text.length; at++) {
    const hex = /^%([0-9a-f]{2})/i.exec(text.slice(at, at + 3))?.[1];
    if (hex === undefined) bytes.push(...new TextEncoder().encode(text[at] === "+" ? " " : text[at]!));
    else bytes.push(parseInt(hex, 16));
    if (hex !== undefined) at += 2;
  }
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(Uint8Array.from(bytes));
}

/** Values that are long enough to be known again. */
function valuesIn(text: string): string[] {
  return partsOf(text).parameters.map(([, value]) => value).filter((value) => /^[\w-]{12,}$/.test(value));
}

function makeOne(chance: Chance): string {
  const query = chance.once(3) ? GOOD : chance.some(PARTS, 4).join("&");
  const text = `${chance.pick(ADDRESSES)}?${chance.once(2) ? `${GOOD}&` : ""}${query}`;
  return chance.once(2) ? text : `${chance.pick(METHODS)} ${text}`;
}

function begin(): (text: string) => Promise<Offered> {
  const { callback, codes } = callbackBox();
  return async (text) => {
    const [, method, url, host] = /^([A-Z]+) (http\S*)(?: (\S*))?$/.exec(text) ?? [];
    const shown = method === undefined || url === undefined
      ? callback.paste(text) ?? ""
      : await visit(callback, method, url, host);
    return { text: shown, codes: [...codes] };
  };
}

/** A request as the runtime's server hands it over, with its address as it was sent. */
async function visit(callback: Callback, method: string, url: string, host?: string): Promise<string> {
  const parsed = URL.parse(url);
  if (parsed === null || /[^\x21-\x7e]/.test(url)) return "no request";
  const headers = new Headers();
  try {
    headers.set("host", host ?? parsed.host);
  } catch {
    return "no request";
  }
  const response = await callback.handle({ method, url, headers } as Request);
  return await response.text();
}
