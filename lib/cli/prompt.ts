import { AppError } from "../errors.ts";
import type { System, Terminal } from "../system.ts";
import { interrupted, untilStopped } from "./until_stopped.ts";

/** More than anybody types or pastes, in characters. */
const MAX_LINE = 16_384;

const BACKSPACE = ["\b", "\x7f"];
const CTRL_C = "\x03";
const CTRL_D = "\x04";
const CTRL_U = "\x15";

/**
 * Asks for a secret on the terminal without showing what is typed. The terminal is as before afterwards, also
 * after Ctrl-C and SIGTERM.
 *
 * @throws {AppError} `interrupted`, `usage` at more than one line
 */
export async function askHidden(system: System, label: string): Promise<string> {
  const { terminal } = system;
  try {
    terminal.setRaw(true);
    return await untilStopped(system, () => terminal.err(label).then(() => readHidden(terminal)));
  } finally {
    terminal.setRaw(false);
    await terminal.err("\n");
  }
}

/** Asks a question on the terminal; only `y` and `yes` agree. @throws {AppError} `interrupted` */
export async function agrees(system: System, question: string): Promise<boolean> {
  const { terminal } = system;
  const ask = () => terminal.err(`${question} [y/N] `).then(() => readAnswer(terminal));
  try {
    return /^\s*y(es)?\s*$/i.test(await untilStopped(system, ask));
  } catch (error) {
    await terminal.err("\n");
    throw error;
  }
}

async function readAnswer(terminal: Terminal): Promise<string> {
  const decoder = new TextDecoder();
  let answer = "";
  while (!answer.includes("\n")) {
    const bytes = await terminal.read();
    if (bytes === null) break;
    answer += decoder.decode(bytes, { stream: true });
  }
  return answer;
}

/**
 * Reads stdin to its end.
 *
 * @param limit in bytes; what is longer is cut off soon after it
 * @throws {AppError} `usage` when it can't be read
 */
export async function readAll(terminal: Terminal, limit: number): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  try {
    for (let bytes = await terminal.read(); bytes !== null; bytes = await terminal.read()) {
      text += decoder.decode(bytes, { stream: true });
      if (text.length > limit) break;
    }
  } catch {
    throw new AppError("usage", "Cannot read stdin", "give it a file or a pipe");
  }
  return text + decoder.decode();
}

/**
 * Gives every line that is typed, to the end of stdin; on a terminal in raw mode too, where nothing of it is shown.
 *
 * @throws {AppError} `interrupted` at Ctrl-C
 */
export async function readLines(terminal: Terminal, onLine: (line: string) => Promise<void>): Promise<void> {
  const decoder = new TextDecoder();
  let line = "";
  // What can't be read, such as a folder, has no lines.
  const read = () => terminal.read().catch(() => null);
  for (let bytes = await read(); bytes !== null; bytes = await read()) {
    for (const char of decoder.decode(bytes, { stream: true })) {
      if (char === CTRL_C) throw interrupted();
      else if (char === CTRL_D) continue;
      else if (char === CTRL_U) line = "";
      else if (BACKSPACE.includes(char)) line = [...line].slice(0, -1).join("");
      else if (char !== "\r" && char !== "\n") line = (line + char).slice(-MAX_LINE);
      else {
        if (line.trim() !== "") await onLine(line);
        line = "";
      }
    }
  }
  if (line.trim() !== "") await onLine(line);
}

/** Edits a line of which nothing is shown; raw mode hands us every key. */
async function readHidden(terminal: Terminal): Promise<string> {
  const decoder = new TextDecoder();
  let line = "";
  for (;;) {
    const bytes = await terminal.read();
    if (bytes === null) return line;
    const typed = decoder.decode(bytes, { stream: true });
    for (const [at, char] of [...typed].entries()) {
      if (char === CTRL_C) throw interrupted();
      else if (char === CTRL_D && line === "") throw interrupted();
      else if (char === "\r" || char === "\n") return endOfLine(line, [...typed].slice(at + 1).join(""));
      else if (char === CTRL_U) line = "";
      else if (BACKSPACE.includes(char)) line = [...line].slice(0, -1).join("");
      else line += char;
    }
  }
}

/** More text behind the end of the line was pasted with it, and must not be dropped silently. */
function endOfLine(line: string, rest: string): string {
  if (rest.trim() === "") return line;
  throw new AppError("usage", "Cannot take more than one line", "paste the key alone");
}
