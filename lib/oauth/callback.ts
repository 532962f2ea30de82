import { createHash, timingSafeEqual } from "node:crypto";
import { AppError } from "../errors.ts";
import { type Page, pageResponse } from "./pages.ts";

/** What a callback is checked with, and what is done with it. */
export interface CallbackOptions {
  /** Exactly what the server was told to send the browser to. */
  readonly redirectUri: string;
  /** Only the one who began this login knows it. */
  readonly state: string;
  /** What a callback that tells an error means. */
  readonly declined: (parameters: URLSearchParams) => AppError;
  /** Checks the other parameters, and throws if they are not for this login (RFC 9207). */
  readonly validate: (parameters: URLSearchParams) => URLSearchParams | "declined";
  /** Completes the login; called at most once. */
  readonly complete: (parameters: URLSearchParams) => Promise<void>;
}

/** A reason reads on behind the name of the program. */
type Refused = { readonly accepted: false; readonly status: number; readonly reason: string };

type Verdict = { readonly accepted: true } | Refused;

/**
 * The one callback of one login, which comes from the browser or is pasted. What does not belong to this login is
 * refused, and waiting goes on.
 */
export class Callback {
  readonly #options: CallbackOptions;
  readonly #outcome = Promise.withResolvers<void>();
  #taken = false;

  constructor(options: CallbackOptions) {
    this.#options = options;
    this.outcome.catch(() => {});
  }

  /** Resolves when the login is complete; rejects with what ended it. */
  get outcome(): Promise<void> {
    return this.#outcome.promise;
  }

  /** Answers the browser; the page says that the login succeeded only once it is complete. */
  async handle(request: Request): Promise<Response> {
    const expected = new URL(this.#options.redirectUri);
    const url = new URL(request.url);
    if (request.headers.get("host") !== expected.host || url.host !== expected.host) {
      return pageResponse(refusal(421, "This address is not for you", "The login goes on elsewhere."));
    }
    // As it was sent, before a parser folds anything away.
    if (request.url.split("?", 1)[0] !== this.#options.redirectUri) {
      return pageResponse(refusal(404, "There is nothing here", "This is where a login of agentgazer ends."));
    }
    if (request.method !== "GET") {
      return pageResponse(
        refusal(405, "This is not how it works", "A login ends with a page that is opened."),
      );
    }
    const verdict = this.#offer(url.searchParams);
    if (!verdict.accepted) return pageResponse(pageOf(verdict));
    try {
      await this.outcome;
      return pageResponse({
        status: 200,
        title: "You are logged in",
        text: "You can close this page and go back to the terminal.",
      });
    } catch (error) {
      const text = error instanceof AppError ? error.message : "This is a bug in agentgazer";
      return pageResponse(refusal(400, "The login failed", `${text}. The terminal says what to do next.`));
    }
  }

  /** Takes an address that was pasted; gives what is wrong with it, in words. */
  paste(text: string): string | undefined {
    const { redirectUri } = this.#options;
    const [, address, query] = /^([^?#]*)\??([^#]*)/.exec(text.trim())!;
    const full = address === "" || address!.includes("//") ? address : `http://${address}`;
    if (query === "" || full !== "" && full !== redirectUri) {
      return `paste the address that begins with ${redirectUri}?`;
    }
    const verdict = this.#offer(new URLSearchParams(query));
    return verdict.accepted ? undefined : verdict.reason;
  }

  #offer(parameters: URLSearchParams): Verdict {
    const { state, declined, validate, complete } = this.#options;
    const names = [...parameters.keys()];
    if (new Set(names).size !== names.length) {
      return refused(400, "a parameter of that address is repeated, so it was not used");
    }
    if (!isEqual(parameters.get("state") ?? "", state)) {
      return refused(400, "that address is from another login: use the page that was opened last");
    }
    if (this.#taken) return refused(409, "this login has had its answer already");
    const valid = attempt(() => validate(parameters));
    if (valid === undefined) {
      return refused(400, "that address is from another login, or from another server");
    }
    if (valid !== "declined" && !valid.get("code")) return refused(400, "that address has no code");
    this.#taken = true;
    if (valid === "declined") this.#outcome.reject(declined(parameters));
    else this.#outcome.resolve(complete(valid));
    return { accepted: true };
  }
}

function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}

function refusal(status: number, title: string, text: string): Page {
  return { status, title, text };
}

function refused(status: number, reason: string): Refused {
  return { accepted: false, status, reason };
}

/** The same as a sentence. */
function pageOf({ status, reason }: Refused): Page {
  const text = `${reason[0]!.toUpperCase()}${reason.slice(1)}.`;
  return refusal(status, "This address was refused", text);
}

/** In a time that does not depend on how much is equal. */
function isEqual(one: string, other: string): boolean {
  const [a, b] = [one, other].map((text) => createHash("sha256").update(text).digest());
  return timingSafeEqual(a!, b!);
}
