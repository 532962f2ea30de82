import assert from "node:assert/strict";
import { AppError } from "../../../lib/errors.ts";
import { FieldList } from "../../../lib/http/fields.ts";
import type { Grant, Renewal } from "../../../lib/oauth/service.ts";
import { codexService } from "../../../lib/oauth/services/codex.ts";
import { logInWithDevice } from "../../../lib/oauth/services/codex_device.ts";
import { minimaxService } from "../../../lib/oauth/services/minimax.ts";
import { logInToMiniMax } from "../../../lib/oauth/services/minimax_login.ts";
import { providerById } from "../../../lib/providers/table.ts";
import { credentialOf, inject } from "../../../lib/proxy/inject.ts";
import type { System } from "../../../lib/system.ts";
import { Secret } from "../../../lib/secret.ts";
import { fakeTalk, loginMachine, openGrant, storedGrant } from "../../../tests/support/fake_login.ts";
import { checkMessage, hasPiece } from "../message.ts";
import type { Target } from "../target.ts";
import { ACCESS, makeAnswers, OLD, REFRESH, TOKEN_WORDS, USES } from "./tokens_words.ts";

/** What came of the answers. */
export interface Ended {
  readonly grant?: Grant | undefined;
  readonly renewal?: Exclude<Renewal, { readonly state: "renewed" }>;
  readonly error?: unknown;
  /** Why a token could not be revoked. */
  readonly reason?: string | undefined;
  /** What was shown, and the pages that were opened. */
  readonly said: readonly string[];
}

/** Uses a service whose server gives these answers, the last one again and again. */
export type UseService = (
  use: string,
  answers: readonly (readonly [status: string, body: string])[],
) => Promise<Ended>;

const SECRETS = [ACCESS.split(".")[1]!, REFRESH, OLD];
const BEFORE: Grant = {
  login: { accessToken: new Secret("before"), refreshToken: new Secret(OLD) },
  fields: { expiresAt: "2027-01-02T03:04:05.000Z", renewable: true, region: "global" },
};

/** What login servers answer: the use, then a status and a body for each answer. */
export const tokens: Target<UseService> = {
  name: "tokens",
  words: TOKEN_WORDS,
  subject: useService,
  generate: makeAnswers,
  async check([asked = "", ...texts], subject) {
    const use = USES.includes(asked) ? asked : "minimax login";
    const answers = Array.from({ length: Math.ceil(texts.length / 2) }, (_, i) => {
      return [texts[2 * i] ?? "", texts[2 * i + 1] ?? ""] as const;
    });
    const { grant, renewal, error, reason, said } = await subject(use, answers);
    // The code that is shown is whatever the server gives in its first answer.
    const first = plainOf(answers[0]?.[1] ?? "");
    const others = SECRETS.filter((secret) => !hasPiece(first, secret));
    for (const message of said) checkMessage({ message }, others);
    if (reason !== undefined) checkMessage({ message: reason }, SECRETS);
    if (renewal !== undefined) checkMessage({ message: renewal.reason }, SECRETS);
    if (error !== undefined) {
      if (!(error instanceof AppError)) throw error;
      assert.ok(["login_failed", "network_failed"].includes(error.code), `it ends with ${error.code}`);
      checkMessage(error, SECRETS);
    }
    if (grant !== undefined) checkGrant(grant, use);
    const end = error instanceof AppError ? error.message : renewal?.reason ?? reason ?? "";
    return `${use} ${renewal?.state ?? ""} ${grant === undefined ? "" : Object.keys(openGrant(grant))} ${end}`
      .replace(/\d+/, "n");
  },
};

/** A body with the escapes of JSON taken off. */
function plainOf(body: string): string {
  try {
    return body + Object.values(JSON.parse(body) ?? {}).join("\n");
  } catch {
    return body;
  }
}

/** What was taken can be stored, and put into a request. */
function checkGrant(grant: Grant, use: string): void {
  assert.deepEqual(openGrant(storedGrant(grant)), openGrant(grant), "it is stored as another one");
  const provider = providerById(use.startsWith("codex") ? "openai-oauth" : "minimax-oauth")!;
  const headers = new FieldList();
  const line = inject(
    headers,
    provider,
    new URL(`${provider.base}/x`),
    credentialOf(grant.login),
    "agentgazer/1.2.3",
  );
  assert.match(
    new TextDecoder().decode(line),
    /^[a-z-]+: [\x21-\x7e]*( [\x21-\x7e]+)?\r\n$/,
    "it is no header line",
  );
  const { expiresAt, base } = grant.fields;
  assert.match(expiresAt ?? "", /^\d{4}-\d\d-\d\dT[\d:.]+Z$/, "its end is no time");
  if (base === undefined) return;
  const { origin } = new URL(base);
  assert.ok(
    Object.values(provider.regions!).some((region) => new URL(region).origin === origin),
    "it leads elsewhere",
  );
}

async function useService(use: string, answers: Parameters<UseService>[1]): Promise<Ended> {
  let count = 0;
  const machine = loginMachine(async (request) => {
    const [status, body] = answers[Math.min(count++, answers.length - 1)] ?? ["200", ""];
    if (status === "broken") throw new TypeError(`error reading a body ${REFRESH}`);
    const state = new URLSearchParams(await request.text()).get("state") ?? "";
    const code = /^[2-5]\d\d$/.test(status) ? Number(status) : 200;
    const text = body.replace("{state}", state);
    return new Response([204, 205, 304].includes(code) ? null : text, { status: code });
  });
  const system = withPauses(machine.system);
  const sender = { ...machine.sender, system };
  const talk = fakeTalk();
  let grant: Grant | undefined;
  const keep = (given: Grant) => {
    grant = given;
    return Promise.resolve();
  };
  const shown = () => [...talk.said, ...talk.opened, ...talk.pictures];
  try {
    if (use === "codex revoke") {
      return { said: [], reason: await codexService(sender, system).revoke!(BEFORE.login) };
    }
    if (use === "codex renew" || use === "minimax renew") {
      const service = use === "codex renew" ? codexService : minimaxService;
      const renewal = await service(sender, system).renew(BEFORE);
      return renewal.state === "renewed" ? { said: [], grant: renewal.grant } : { said: [], renewal };
    }
    const logIn = use === "codex device" ? logInWithDevice : logInToMiniMax;
    await logIn(sender, system, { device: true, region: undefined, talk, keep });
    return { said: shown(), grant };
  } catch (error) {
    return { said: shown(), error };
  }
}

/** The time that a server gets for an answer, which never passes here; a server may ask for a pause of this length. */
const DEADLINE = 15_000;

/** Tells the two apart: a deadline begins together with a request. */
function withPauses(system: System): System {
  let requests = 0;
  return {
    ...system,
    async sleep(milliseconds) {
      if (milliseconds !== DEADLINE) return await system.sleep(milliseconds);
      const before = requests;
      await Promise.resolve();
      await system.sleep(requests > before ? DEADLINE : DEADLINE + 1);
    },
    fetch(...args) {
      requests++;
      return system.fetch(...args);
    },
  };
}
