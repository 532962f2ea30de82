import type { Renewal } from "../../lib/proxy/credentials.ts";
import { Secret } from "../../lib/secret.ts";
import { formatLogin } from "../../lib/vault/login.ts";
import { makeProxyBox, type ProxyBox, type ProxyBoxOptions } from "./proxy_box.ts";
import type { Sent } from "./web.ts";

/** A request as a provider got it. */
export interface Got {
  readonly url: string;
  readonly method: string;
  readonly headers: Headers;
  /** As far as it was read. */
  readonly body: Uint8Array | null;
}

/** Answers in place of the provider. */
export type Reply = Response | ((request: Sent) => Response | Promise<Response>);

/** What a {@linkcode RenewingBox} is made of. */
export interface RenewingOptions extends Pick<ProxyBoxOptions, "stored" | "baseOf"> {
  /** What the provider answers, one after the other; more requests than that fail the test. */
  readonly replies: readonly Reply[];
  /** In place of a renewal that stores {@linkcode NEW} for whichever login is asked for. */
  readonly replace?: (box: RenewingBox, id: string) => Promise<boolean>;
  /** In place of one that finds every token good. */
  readonly ensure?: Renewal["ensure"];
  /** Whether the provider reads a body before it answers. */
  readonly reads?: boolean;
}

/** A proxy whose renewal and provider say what the test wants. */
export interface RenewingBox extends ProxyBox {
  readonly got: Got[];
  /** What was asked of the renewal, such as `ensure openai-oauth` and `replace openai-oauth <token>`. */
  readonly asked: string[];
  /** Logs in as another process does. */
  store(id: string, token: string, account?: string): Promise<void>;
}

/** The token that takes the place of a refused one. */
export const NEW = "new-P4kR9tXc2Vb7";

/** Makes the box. */
export async function makeRenewingBox(options: RenewingOptions): Promise<RenewingBox> {
  const { replies, reads = true, stored, baseOf, ensure, replace = storeNew } = options;
  const left = [...replies];
  const got: Got[] = [];
  const asked: string[] = [];
  const renewal: Renewal = {
    async ensure(id, entry) {
      asked.push(`ensure ${id}`);
      await ensure?.(id, entry);
    },
    replace(id, refused) {
      asked.push(`replace ${id} ${refused.reveal()}`);
      return replace(box, id);
    },
  };
  const inner = await makeProxyBox({
    ...stored && { stored },
    ...baseOf && { baseOf },
    renewal,
    async upstream(request) {
      const { url, method, headers, body } = request;
      // The same headers are sent twice, and changed between.
      const copy = new Headers(headers);
      got.push({
        url: url.href,
        method,
        headers: copy,
        body: body && reads ? await new Response(body).bytes() : null,
      });
      const reply = left.shift();
      if (reply === undefined) throw new Error(`the provider got ${got.length} requests`);
      return typeof reply === "function" ? await reply(request) : reply;
    },
  });
  const box: RenewingBox = Object.assign(inner, {
    got,
    asked,
    async store(id: string, token: string, account?: string) {
      const accessToken = new Secret(token);
      const login = formatLogin({ accessToken, ...account !== undefined && { accountId: account } });
      await inner.elsewhere.change((draft) => draft.put("login", id, login));
    },
  });
  return box;
}

/** The answer of a provider to a token that it does not take. */
export function refuses(words = "from the provider"): Response {
  return Response.json({ error: words }, { status: 401, headers: { "x-words": words } });
}

async function storeNew(box: RenewingBox, id: string): Promise<boolean> {
  await box.store(id, NEW);
  return true;
}
