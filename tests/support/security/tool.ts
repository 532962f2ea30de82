import type { Bytes } from "./bytes.ts";
import type { Client } from "./client.ts";
import type { Input } from "./input.ts";
import { type Action, type Answer, answersIn } from "./modes.ts";
import type { State } from "./state.ts";

/** Thrown to open a dialog: since nobody answers it, nothing that would come next is done. */
export class Dialog extends Error {
  readonly hasAgent: boolean;

  constructor(hasAgent: boolean) {
    super();
    this.hasAgent = hasAgent;
  }
}

/** One running process of the tool. */
export class Tool {
  readonly state: State;
  readonly input: Input;
  readonly #client: Client;

  constructor(state: State, input: Input, client: Client) {
    this.state = state;
    this.input = input;
    this.#client = client;
  }

  out(bytes: Bytes): void {
    this.#client.out(bytes);
  }

  err(bytes: Bytes): void {
    this.#client.err(bytes);
  }

  /** Reports an error as the tool does. */
  complain(message: Bytes): void {
    this.err(`security: ${message}\n`);
  }

  /** What comes in place of the Keychain's answer: an OSStatus, or nothing. A dialog never gives one. */
  answer(action: Action): Exclude<Answer, "dialog" | "dialog-with-agent"> | undefined {
    const answer = answersIn(this.state.mode)[action];
    if (answer === "dialog" || answer === "dialog-with-agent") {
      throw new Dialog(answer === "dialog-with-agent");
    }
    return answer;
  }
}
