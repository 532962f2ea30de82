import { type Bytes, write } from "./bytes.ts";
import type { Input } from "./input.ts";
import { type Action, type Answer, answersIn } from "./modes.ts";
import type { State } from "./state.ts";

/** How often a process that is blocked looks whether its stand-in is gone, in milliseconds. */
const LOOK = 100;

/** One running process of the tool. */
export class Tool {
  readonly state: State;
  readonly input: Input;

  constructor(state: State, input: Input) {
    this.state = state;
    this.input = input;
  }

  out(bytes: Bytes): void {
    write(Deno.stdout, bytes);
  }

  err(bytes: Bytes): void {
    write(Deno.stderr, bytes);
  }

  /** Reports an error as the tool does. */
  complain(message: Bytes): void {
    this.err(`security: ${message}\n`);
  }

  /** What comes in place of the Keychain's answer: an OSStatus, or nothing. A dialog never gives one. */
  answer(action: Action): Exclude<Answer, "dialog" | "dialog-with-agent"> | undefined {
    const answer = answersIn(this.state.mode())[action];
    if (answer === "dialog" || answer === "dialog-with-agent") return this.dialog(answer);
    return answer;
  }

  /** Opens a dialog that nobody answers. The process ends by being killed, or with its stand-in. */
  dialog(kind: "dialog" | "dialog-with-agent" = "dialog"): never {
    const { folder } = this.state;
    if (kind === "dialog-with-agent") {
      const script = 'while [ -d "$0" ]; do sleep 0.1; done';
      new Deno.Command("/bin/sh", { args: ["-c", script, folder], stdin: "null" }).spawn();
    }
    this.state.noteDialog();
    const sleeper = new Int32Array(new SharedArrayBuffer(4));
    while (exists(folder)) Atomics.wait(sleeper, 0, 0, LOOK);
    Deno.exit(1);
  }
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}
