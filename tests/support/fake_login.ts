import { AppError } from "../../lib/errors.ts";
import type { Sender } from "../../lib/oauth/http.ts";
import type { Conversation, Grant, Wait } from "../../lib/oauth/service.ts";
import type { ListenOptions, System } from "../../lib/system.ts";
import { formatLogin, loginFields, parseLogin } from "../../lib/vault/login.ts";
import { fakeSystem, START_TIME } from "./fake_system.ts";

/** The time that a login server gets for one answer, in milliseconds. Here it never passes. */
const DEADLINE = 15_000;

/** A server that a login has started. */
export interface FakeServer extends ListenOptions {
  readonly handler: (request: Request) => Promise<Response>;
  isClosed: boolean;
}

/** A request that was sent. */
export interface SentRequest {
  readonly url: string;
  readonly headers: Headers;
  readonly body: string;
}

/** A machine on which a login runs: time jumps to the end of every pause. */
export interface LoginMachine {
  readonly system: System;
  readonly sender: Sender;
  /** The pauses that were made, in milliseconds. */
  readonly pauses: readonly number[];
  /** What was sent, in order. */
  readonly requests: readonly SentRequest[];
  readonly servers: readonly FakeServer[];
}

/**
 * Makes one.
 *
 * @param answer the login server's
 * @param refuse throws where a server can't be started
 */
export function loginMachine(
  answer: (request: Request) => Response | Promise<Response>,
  refuse: (options: ListenOptions) => void = () => {},
): LoginMachine {
  const pauses: number[] = [];
  const requests: SentRequest[] = [];
  const servers: FakeServer[] = [];
  let time = START_TIME;
  const system: System = {
    ...fakeSystem(),
    now: () => time,
    sleep(milliseconds) {
      if (milliseconds === DEADLINE) return new Promise(() => {});
      pauses.push(milliseconds);
      time += milliseconds;
      return Promise.resolve();
    },
    async fetch(url, options) {
      const request = new Request(url, { ...options, signal: null } as RequestInit);
      const body = await request.clone().text();
      requests.push({ url, headers: request.headers, body });
      return await answer(request);
    },
    serve(options, handler) {
      refuse(options);
      const server: FakeServer = { ...options, handler, isClosed: false };
      servers.push(server);
      const shutdown = () => {
        server.isClosed = true;
        return Promise.resolve();
      };
      return { port: options.port, finished: new Promise(() => {}), shutdown };
    },
  };
  return { system, sender: { system, userAgent: "agentgazer/1.2.3" }, pauses, requests, servers };
}

/** A person at a terminal, who does what the test does. */
export interface FakeTalk extends Conversation {
  readonly said: readonly string[];
  readonly opened: readonly string[];
  readonly pictures: readonly string[];
  /** What is waited for, once it is. */
  readonly waiting: Promise<Wait>;
  /** Ends the waiting. */
  giveUp(): void;
}

/** Makes one who sits and waits. */
export function fakeTalk(): FakeTalk {
  const [said, opened, pictures]: string[][] = [[], [], []];
  const { promise: waiting, resolve } = Promise.withResolvers<Wait>();
  const stopped = Promise.withResolvers<never>();
  const noted = (list: string[]) => (text: string) => {
    list.push(text);
    return Promise.resolve();
  };
  return {
    said: said!,
    opened: opened!,
    pictures: pictures!,
    waiting,
    say: noted(said!),
    open: noted(opened!),
    showPicture: noted(pictures!),
    async attend(wait, work) {
      resolve(wait);
      const over = new AbortController();
      try {
        return await Promise.race([work(over.signal), stopped.promise]);
      } finally {
        over.abort();
      }
    },
    giveUp: () => stopped.reject(new AppError("interrupted", "Interrupted, nothing was changed")),
  };
}

/** A grant as it is read again after it was stored. */
export function storedGrant({ login, fields }: Grant): Grant {
  const entry = { kind: "login" as const, createdAt: "", updatedAt: "", ...fields };
  return { login: parseLogin("some-login", formatLogin(login)), fields: loginFields(entry) };
}

/** Everything of a grant as plain values, secrets opened. */
export function openGrant(
  { login: { accessToken, refreshToken, ...login }, fields }: Grant,
): Readonly<Record<string, unknown>> {
  return {
    access: accessToken.reveal(),
    ...refreshToken !== undefined && { refresh: refreshToken.reveal() },
    ...login,
    ...fields,
  };
}
