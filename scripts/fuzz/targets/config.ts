import assert from "node:assert/strict";
import { acceptKey } from "../../../lib/cli/accept.ts";
import { Regions } from "../../../lib/cli/regions.ts";
import { AppError } from "../../../lib/errors.ts";
import { providerById } from "../../../lib/providers/table.ts";
import { readConfig } from "../../../lib/vault/config.ts";
import { migrate, type Migration } from "../../../lib/vault/migrate.ts";
import { type FakeVaultBox, fakeVaultBox } from "../../../tests/support/fake_vault_box.ts";
import { bytesIn } from "../bytes.ts";
import { checkMessage } from "../message.ts";
import type { Target } from "../target.ts";
import { type Member, membersOf, spanOf, strayMembers, withRegion } from "./config_tree.ts";
import { CONFIG_WORDS, makeConfig, SECRETS } from "./config_words.ts";

/** What is done with config.json, in a folder of its own. */
export interface Editors {
  readonly setRegion: (box: FakeVaultBox, provider: string, region: string) => Promise<void>;
  readonly migrate: (box: FakeVaultBox) => Promise<Migration>;
}

const [PROVIDER, REGION] = ["moonshot", "global"] as const;

/** `config.json`: read, edited, and freed from plaintext keys. */
export const config: Target<Editors> = {
  name: "config",
  words: CONFIG_WORDS,
  subject: {
    async setRegion(box, provider, region) {
      await new Regions(box.home).set(providerById(provider)!, region);
    },
    migrate: (box) => migrate(box.vault(), box.home, acceptKey),
  },
  generate: (chance) => [makeConfig(chance)],
  async check([text = ""], editors) {
    using box = fakeVaultBox();
    const bytes = bytesIn(text);
    Deno.mkdirSync(box.home.folder, { mode: 0o700 });
    const write = () => Deno.writeFileSync(box.home.config, bytes, { mode: 0o600 });
    write();
    const before = attempt(() => readConfig(box.home).text);
    if (before instanceof AppError) return checkError(before);
    const members = membersOf(before);
    // What is taken is JSON for everybody else too.
    assert.ok(typeof JSON.parse(before) === "object", "what is no JSON is taken");
    const set = await checkRegion(box, editors, before, members);
    write();
    return `${set} | ${await checkMigration(box, editors, before, members)}`;
  },
};

async function checkRegion(
  box: FakeVaultBox,
  { setRegion }: Editors,
  before: string,
  members: Member[],
): Promise<string> {
  const error = await setRegion(box, PROVIDER, REGION).then(() => undefined, (error) => error);
  const after = textIn(box.home.config);
  if (error !== undefined) {
    assert.equal(after, before, "an edit that fails changes the file");
    return checkError(error);
  }
  assert.deepEqual(membersOf(after), withRegion(members, PROVIDER, REGION), "an edit changes something else");
  assert.ok(isOneEdit(before, after), "an edit changes bytes beside it");
  return "set";
}

async function checkMigration(
  box: FakeVaultBox,
  { migrate }: Editors,
  before: string,
  members: Member[],
): Promise<string> {
  let migration: Migration;
  try {
    migration = await migrate(box);
  } catch (error) {
    return checkError(error);
  }
  const { moved, different, left, stuck } = migration;
  for (const message of left) checkMessage({ message }, SECRETS);
  if (stuck !== undefined) checkError(stuck.error);
  const after = textIn(box.home.config);
  assert.ok(isShortened(before, after), "a migration writes something new");
  const gone = strayMembers(members, membersOf(after));
  const all = gone.length > 0 ? await box.all() : [];
  for (const { id, key } of gone) {
    const kind = providerById(id)?.auth === "api-key" ? "api-key" : "login";
    const stored = all.find(([entry]) => entry.kind === kind && entry.name === id)?.[1];
    const value = kind === "login" && stored !== undefined ? JSON.parse(stored).accessToken : stored;
    assert.equal(value, key.trim(), "a key is taken out that the vault does not have");
    assert.ok(moved.includes(id), "a key is gone without a word");
  }
  return `${gone.length} moved, ${different.length} other, ${[...new Set(left)].sort()}`;
}

/** Whether all that differs is inserted, or in the place of the old value. */
function isOneEdit(before: string, after: string): boolean {
  let start = 0;
  while (start < before.length && before[start] === after[start]) start++;
  let end = 0;
  while (end < before.length - start && before.at(-1 - end) === after.at(-1 - end)) end++;
  const [from, to] = spanOf(before, PROVIDER);
  return start + end === before.length || start >= from && before.length - end <= to;
}

/** Whether a text is another one without some of its pieces. */
function isShortened(before: string, after: string): boolean {
  let at = 0;
  for (const char of before) if (after.startsWith(char, at)) at += char.length;
  return at === after.length;
}

function attempt(work: () => string): string | AppError {
  try {
    return work();
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
}

function checkError(error: unknown): string {
  if (!(error instanceof AppError)) throw error;
  assert.ok(["usage", "refused"].includes(error.code), `it ends with ${error.code}`);
  checkMessage(error, SECRETS);
  return error.message.replace(/\/\S*/, "the file");
}

/** As the program reads it: without a byte order mark. */
function textIn(path: string): string {
  return new TextDecoder().decode(Deno.readFileSync(path));
}
