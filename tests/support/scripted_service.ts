import type { Grant, Renewal, Service } from "../../lib/oauth/service.ts";
import { Secret } from "../../lib/secret.ts";

/** What a scripted service answers; a function may take its time. */
export type Script = Renewal | ((grant: Grant) => Renewal | Promise<Renewal>);

/** A login server that says what the test wants, once each. */
export interface ScriptedService extends Service {
  /** What it will say, the next first. Being asked once more than that is a failure. */
  readonly answers: Script[];
  /** The refresh tokens that it was asked with, in order. */
  readonly asked: (string | undefined)[];
  /** How long before its end a token is renewed, in milliseconds. */
  margin: number;
}

/** Makes a service of this provider. */
export function scriptedService(id: string, margin: number): ScriptedService {
  const service: ScriptedService = {
    id,
    margin,
    answers: [],
    asked: [],
    async renew(grant) {
      service.asked.push(grant.login.refreshToken?.reveal());
      // Whoever does not wait for the answer goes on before it.
      await new Promise((resolve) => setTimeout(resolve));
      const answer = service.answers.shift();
      if (answer === undefined) throw new Error(`the service was asked ${service.asked.length} times`);
      return typeof answer === "function" ? await answer(grant) : answer;
    },
  };
  return service;
}

/** The tokens of this number, and what stands in the clear. @param end milliseconds since 1970 began */
export function grantOf(number: number, end: number): Grant {
  return {
    login: { accessToken: new Secret(`access-${number}`), refreshToken: new Secret(`refresh-${number}`) },
    fields: { expiresAt: new Date(end).toISOString(), renewable: true, account: "ada@example.org" },
  };
}

/** Waits until it is let go. */
export interface Gate {
  /** An answer that comes once the gate is open. */
  readonly answer: Script;
  /** Resolves when the service has been asked. */
  readonly reached: Promise<void>;
  open(): void;
}

/** Holds an answer back. */
export function gate(answer: Renewal): Gate {
  const reached = Promise.withResolvers<void>();
  const opened = Promise.withResolvers<void>();
  return {
    async answer() {
      reached.resolve();
      await opened.promise;
      return answer;
    },
    reached: reached.promise,
    open: () => opened.resolve(),
  };
}
