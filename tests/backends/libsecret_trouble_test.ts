import assert from "node:assert/strict";
import type { CommandResult } from "../../backends/command.ts";
import { metRemovedItem, troubleOf } from "../../backends/libsecret_trouble.ts";

const failed = (stderr: string): CommandResult => ({ state: "ended", code: 1, stdout: "", stderr });
const gone = (path: string) => failed(`secret-tool: Object does not exist at path “${path}”\n`);

const LOGIN = "/org/freedesktop/secrets/collection/login";

Deno.test("troubleOf() takes no removed item for a missing keyring", () => {
  for (const path of [LOGIN, "/org/freedesktop/secrets/aliases/default"]) {
    const trouble = troubleOf(gone(path));
    assert.ok(trouble.state === "missing" && trouble.why === "no_collection", path);
    assert.ok(!metRemovedItem(gone(path)), path);
  }
  for (
    const path of [`${LOGIN}/1`, `${LOGIN}/4711`, "/org/freedesktop/secrets/collection/Default_5fkeyring/2"]
  ) {
    assert.equal(troubleOf(gone(path)).state, "unavailable", path);
    assert.ok(metRemovedItem(gone(path)), path);
  }
  // As it is written in a locale without those quotes.
  assert.equal(troubleOf(failed(`secret-tool: Object does not exist at path ?${LOGIN}?\n`)).state, "missing");
  assert.ok(!metRemovedItem({ ...gone(`${LOGIN}/1`), code: 0 } as CommandResult));
});
