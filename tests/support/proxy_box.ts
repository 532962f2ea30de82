import { PROVIDERS } from "../../lib/providers/table.ts";
import { Capacity } from "../../lib/proxy/capacity.ts";
import { ownAuthorities } from "../../lib/proxy/admit.ts";
import { Credentials, type Renewal } from "../../lib/proxy/credentials.ts";
import { type HandlerOptions, makeHandler } from "../../lib/proxy/handler.ts";
import type { RequestLine } from "../../lib/proxy/log.ts";
import { Secret } from "../../lib/secret.ts";
import { clientFields, type ClientRights } from "../../lib/vault/client.ts";
import type { EntryKind } from "../../lib/vault/envelope.ts";
import type { Home } from "../../lib/vault/home.ts";
import { formatLogin } from "../../lib/vault/login.ts";
import { Vault } from "../../lib/vault/vault.ts";
import { FakeClock } from "./fake_clock.ts";
import { countingRandom } from "./fake_system.ts";
import { vaultBox } from "./vault_box.ts";
import { answerOf, arrivedOf, responseOf, type Sent, sentOf } from "./web.ts";

const PORT = 18900;

/** The authority that the proxy in the box goes by. */
export const AUTHORITY = `127.0.0.1:${PORT}`;

/** A vault that remembers what was opened. */
export class CountingVault extends Vault {
  readonly opened: string[] = [];

  override open(kind: EntryKind, name: string): Promise<Secret | undefined> {
    this.opened.push(`${kind}:${name}`);
    return super.open(kind, name);
  }
}

/** A real vault in a folder of its own, under the machine backend with a made-up identity. */
export interface VaultBox extends Disposable {
  readonly home: Home;
  readonly clock: FakeClock;
  readonly vault: CountingVault;
  /** A second view of the same file, as another process has it. */
  readonly elsewhere: Vault;
}

/** What a test may change in {@linkcode makeProxyBox}. */
export interface ProxyBoxOptions {
  /** Whose credential is stored; all of them when left out. */
  readonly stored?: readonly string[];
  readonly upstream?: (request: Sent) => Promise<Response>;
  /** What keeps the tokens of logins fresh; {@linkcode NO_RENEWAL} when left out. */
  readonly renewal?: Renewal;
  /** Where a provider is, in place of the table's own base. */
  readonly baseOf?: HandlerOptions["baseOf"];
}

/** A proxy without a network: requests go in by hand, and what would leave is recorded. */
export interface ProxyBox extends VaultBox {
  readonly handle: (request: Request) => Promise<Response>;
  readonly credentials: Credentials;
  /** What was sent upstream. */
  readonly sent: Sent[];
  readonly lines: RequestLine[];
  readonly events: string[];
  draining: boolean;
}

/** Takes every token for one that is good, and has no other. */
export const NO_RENEWAL: Renewal = {
  ensure: () => Promise.resolve(),
  replace: () => Promise.resolve(false),
};

/** Makes the vault box; nothing is stored in it yet. */
export function makeVaultBox(): VaultBox {
  const box = vaultBox();
  const { home } = box;
  const clock = new FakeClock();
  const system = { now: clock.now, random: countingRandom() };
  const keys = box.keyStores(home);
  return {
    home,
    clock,
    vault: new CountingVault(home, keys, system),
    elsewhere: new Vault(home, keys, system),
    [Symbol.dispose]: () => box[Symbol.dispose](),
  };
}

/** The token of a client in the box. */
export function tokenOf(name: string): string {
  return `agz_${name}-Q0wPz8Lm4Kd7Jv2Xc9Bn5`;
}

/** The credential of a provider in the box; no part of it occurs by chance. */
export function credentialOf(id: string): string {
  return `${id}-H3yTg6Fr1Sx8Ue5Io0Ap`;
}

const NO_LIMITS: ClientRights = { allow: null, expiresAt: null, minting: false };

/** The clients of a proxy box. */
const CLIENTS: Record<string, ClientRights> = {
  any: NO_LIMITS,
  other: NO_LIMITS,
  minter: { ...NO_LIMITS, minting: true },
  narrow: { ...NO_LIMITS, allow: ["mistral"] },
  barred: { ...NO_LIMITS, allow: [] },
  expired: { ...NO_LIMITS, expiresAt: "2026-11-02T09:00:00.000Z" },
  brief: { ...NO_LIMITS, expiresAt: "2026-11-02T09:00:00.001Z" },
};

/** Makes a handler over a real vault with credentials and clients in it. */
export async function makeProxyBox(options: ProxyBoxOptions = {}): Promise<ProxyBox> {
  const box = makeVaultBox();
  await box.elsewhere.change((draft) => {
    for (const { id, auth } of PROVIDERS) {
      if (options.stored?.includes(id) === false) continue;
      const secret = new Secret(credentialOf(id));
      if (auth === "api-key") draft.put("api-key", id, secret);
      else draft.put("login", id, formatLogin({ accessToken: secret }));
    }
    for (const [name, rights] of Object.entries(CLIENTS)) {
      const token = new Secret(tokenOf(name));
      draft.put("client", name, token, clientFields(rights, token));
    }
  });
  const sent: Sent[] = [];
  const lines: RequestLine[] = [];
  const events: string[] = [];
  const credentials = new Credentials(box.vault, options.renewal ?? NO_RENEWAL, box.clock);
  const proxyBox: ProxyBox = {
    ...box,
    credentials,
    sent,
    lines,
    events,
    draining: false,
    async handle(request) {
      return responseOf(await handler.handle(arrivedOf(request)), request.signal);
    },
  };
  const handler = makeHandler({
    version: "1.2.3",
    authorities: ownAuthorities(PORT, []),
    capacity: new Capacity({ spareDescriptors: (most) => most }),
    credentials,
    async upstream(request) {
      const one = sentOf(request);
      sent.push(one);
      return answerOf(await options.upstream?.(one) ?? Response.json({ ok: true }));
    },
    log: {
      notice() {},
      request: (line) => lines.push({ ...line }),
      event: (level, message) => events.push(`${level}: ${message}`),
    },
    baseOf: options.baseOf ?? (({ base }) => base),
    system: box.clock,
    isDraining: () => proxyBox.draining,
    onIdle() {},
  });
  return proxyBox;
}

/** How {@linkcode rawRequest} differs from a plain GET. */
export interface RawRequest {
  readonly method?: string;
  readonly headers?: HeadersInit;
  readonly body?: ReadableStream<Uint8Array<ArrayBuffer>> | null;
  readonly signal?: AbortSignal;
}

/** A request as the server hands it over, of which the class `Request` would normalise the URL or the method. */
export function rawRequest(target: string, options: RawRequest = {}): Request {
  const headers = new Headers(options.headers);
  if (!headers.has("host")) headers.set("host", AUTHORITY);
  const { method = "GET", body = null, signal = new AbortController().signal } = options;
  return { url: `http://${AUTHORITY}${target}`, method, headers, body, signal } as Request;
}

/** The header that carries a client's token. */
export function bearer(name: string): Record<string, string> {
  return { authorization: `Bearer ${tokenOf(name)}` };
}
