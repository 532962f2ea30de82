/** What a request's body says, by name. */
export type Fields = ReadonlyMap<string, string>;

/** A body whose type is told and right: one value of text for each name. */
export interface Body {
  readonly type: "form" | "json";
  readonly fields: Fields;
}

const FORM = /^application\/x-www-form-urlencoded(; ?charset=utf-8)?$/i;
const JSON_TYPE = /^application\/json(; ?charset=utf-8)?$/i;

/** Reads a body as strictly as a server may. Nothing comes of any other type, and of a malformed body. */
export async function readBody(request: Request): Promise<Body | undefined> {
  const type = request.headers.get("content-type") ?? "";
  const text = decode(await request.bytes());
  if (text === undefined) return undefined;
  const [kind, fields] = FORM.test(type)
    ? ["form", parseForm(text)] as const
    : ["json", JSON_TYPE.test(type) ? parseJson(text) : undefined] as const;
  return fields && { type: kind, fields };
}

/** Reads a form or a query: no name twice or without a value, and nothing that is badly encoded. */
export function parseForm(text: string): Fields | undefined {
  const isWellFormed = text.split("&").every((pair) => /^[\w.%~*+-]+=[^=?#\s]*$/.test(pair)) &&
    !/%(?![0-9a-f]{2})/i.test(text);
  if (!isWellFormed) return undefined;
  const pairs = [...new URLSearchParams(text)];
  const fields = new Map(pairs);
  return fields.size === pairs.length ? fields : undefined;
}

function parseJson(text: string): Fields | undefined {
  try {
    const entries = Object.entries(JSON.parse(text));
    return entries.every((entry): entry is [string, string] => typeof entry[1] === "string")
      ? new Map(entries)
      : undefined;
  } catch {
    return undefined;
  }
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
