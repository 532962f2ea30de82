import assert from "node:assert/strict";
import type { Asking } from "../../../backends/asking.ts";
import { itemBackend, type Items } from "../../../backends/item.ts";
import { AppError } from "../../../lib/errors.ts";
import type { KeyStore } from "../../../lib/vault/keystore.ts";
import { countingRandom } from "../../../tests/support/fake_system.ts";
import type { Chance } from "../chance.ts";
import { type Run, type Started, withRuns } from "../fake_command.ts";
import { checkMessage } from "../message.ts";
import type { Input, Target } from "../target.ts";

/** What a backend made of the runs of its tool, and what it gave to them. */
export interface Made {
  readonly result: unknown;
  readonly started: readonly Started[];
}

/** Uses a backend while its tool does what these runs say. */
export type UseTool = (use: string, runs: readonly Run[]) => Promise<Made>;

/** A good key as it stands in a keystore. */
export const KEY_TEXT = `agz1:${new Uint8Array(32).map((_, i) => i * 7).toBase64()}`;

/** Values that are no key, however much they look like one. */
export const NEAR_KEYS = [
  KEY_TEXT.slice(5),
  `${KEY_TEXT}\n`,
  ` ${KEY_TEXT}`,
  KEY_TEXT.replace("agz1", "agz2"),
  KEY_TEXT.slice(0, -2),
  KEY_TEXT.replaceAll("/", "_"),
  KEY_TEXT.replace("=", "=="),
  `${KEY_TEXT}${KEY_TEXT}`,
  "0x61677A31",
];

const VAULT = "01234567-89ab-4cde-8f01-23456789abcd";
const STATES = [
  "found",
  "open",
  "missing",
  "absent",
  "locked",
  "declined",
  "denied",
  "unavailable",
  "corrupt",
];
const USES = ["open", "create", "remove", "probe", "attended open", "attended create", "attended probe"];
const CODES = ["0", "0", "1", "44", "36", "51", "128", "154", "255", "late", "not_started"];

/**
 * A keystore behind a program: the use, and for each run of the program its exit code (or `late`, `not_started`), its
 * output and its errors.
 *
 * @param texts what the program prints
 * @param end what it prints behind a value
 */
export function toolTarget(
  name: string,
  texts: readonly string[],
  end: string,
  itemsFor: (asking: Asking) => Items,
): Target<UseTool> {
  const words = [KEY_TEXT, `${KEY_TEXT}\n`, ...NEAR_KEYS, ...USES, ...CODES, ...texts];
  return {
    name,
    words,
    subject: (use, runs) => useTool(use, runs, itemsFor),
    generate: (chance) => [chance.pick(USES), ...makeRuns(chance, texts, end)],
    async check([use = "", ...outputs], subject) {
      const runs = runsIn(outputs);
      const { result, started } = await subject(use, runs);
      for (const { args } of started) {
        assert.ok(!args.join(" ").includes("agz1:"), "a key is in the arguments");
      }
      const written = started.flatMap(({ stdin }) => stdin.match(/agz1:\S+/g) ?? []);
      const secrets = [
        KEY_TEXT.slice(5),
        ...written,
        ...outputs.flatMap((text) => text.match(/agz1:[A-Za-z0-9+/]{43}=/g) ?? []),
      ];
      return checkResult(result, runs, end, secrets.map((text) => text.replace(/^agz1:/, "")));
    },
  };
}

function checkResult(result: unknown, runs: readonly Run[], end: string, secrets: readonly string[]): string {
  if (result === undefined) return "done";
  if (result instanceof AppError) {
    assert.equal(result.code, "keystore_unavailable");
    checkMessage(result, secrets);
    return result.message.replace(/\d+/, "n");
  }
  const { state, key, reason, hint } = result as Record<string, unknown>;
  assert.ok(state === undefined || STATES.includes(String(state)), "its state is not a known one");
  if (typeof reason === "string") checkMessage({ message: reason, hint: String(hint) }, secrets);
  if (key === undefined) return `${state} ${reason}`.replace(/\d+/, "n");
  assert.ok(key instanceof Uint8Array && key.length === 32, "a key does not have 32 bytes");
  const texts = [`agz1:${key.toBase64()}`, `agz1:${key.toBase64()}${end}`];
  const isGood = (run: Run) => typeof run === "object" && run.code === 0 && texts.includes(run.stdout);
  assert.ok(runs.some(isGood), "a key is found that no run gave");
  return `key ${state}`;
}

async function useTool(
  use: string,
  runs: readonly Run[],
  itemsFor: (asking: Asking) => Items,
): Promise<Made> {
  const [how, what = how] = use.split(" ");
  const asking = { attended: how === "attended", deadline: 3, silentDeadline: 3, tell() {} };
  return await withRuns(runs, async () => {
    const silent = itemsFor({ ...asking, attended: false });
    const store = itemBackend(itemsFor(asking), silent, countingRandom());
    try {
      return await act(store, what);
    } catch (error) {
      if (error instanceof AppError) return error;
      throw error;
    }
  });
}

async function act(store: KeyStore, what: string | undefined): Promise<unknown> {
  if (what === "create") return await store.create(VAULT);
  if (what === "remove") return await store.remove(VAULT);
  if (what === "probe") return await store.probe("explicit");
  return await store.open(VAULT, { backend: store.backend, item: "0123456789abcdef" });
}

function runsIn(outputs: Input): Run[] {
  return Array.from({ length: Math.min(Math.ceil(outputs.length / 3), 12) }, (_, i) => {
    const [code = "", stdout = "", stderr = ""] = outputs.slice(3 * i, 3 * i + 3);
    if (code === "late" || code === "not_started") return code;
    return { code: Number.parseInt(code, 10) & 255, stdout, stderr };
  });
}

function makeRuns(chance: Chance, texts: readonly string[], end: string): string[] {
  return Array.from({ length: 1 + chance.below(5) }, () => {
    const value = chance.pick([
      KEY_TEXT + end,
      KEY_TEXT + end,
      "",
      chance.pick(NEAR_KEYS),
      chance.pick(texts),
    ]);
    return [chance.pick(CODES), value, chance.once(2) ? chance.pick(texts) : ""];
  }).flat();
}
