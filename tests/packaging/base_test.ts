import assert from "node:assert/strict";
import { makeBase } from "../support/debian/base.ts";
import { temporaryFolder } from "../support/temporary_folder.ts";
import { writeProgram } from "../support/write_program.ts";

/** Makes a base with a stand-in of debootstrap. @returns what is there then, and the error */
async function make(script: string, isThere = false): Promise<{ left: string[]; error: string | undefined }> {
  using folder = temporaryFolder();
  if (isThere) Deno.mkdirSync(folder.at("cache", "base"), { recursive: true });
  writeProgram(folder.at("debootstrap"), `#!/bin/sh\nfor folder; do :; done\n${script}\n`);
  const path = Deno.env.get("PATH")!;
  Deno.env.set("PATH", `${folder.path}:${path}`);
  try {
    const error = await makeBase(folder.at("cache", "base")).then(() => undefined, ({ message }) => message);
    const names = [...Deno.readDirSync(folder.at("cache"))].map(({ name }) => name);
    return { left: names.sort(), error };
  } finally {
    Deno.env.set("PATH", path);
  }
}

const GOOD = 'mkdir -p "$folder/etc"';

Deno.test("the base is made once, and nothing half-made is left", async (t) => {
  await t.step("all goes well", async () => {
    assert.deepEqual(await make(GOOD), { left: ["base"], error: undefined });
  });
  await t.step("debootstrap fails", async () => {
    const error = "debootstrap could not make a Debian system";
    assert.deepEqual(await make(`${GOOD}; exit 1`), { left: [], error });
  });
  await t.step("another run makes it at the same time", async () => {
    assert.deepEqual(await make(`${GOOD} "\${folder%.*}/etc"`), { left: ["base"], error: undefined });
  });
  await t.step("it is there", async () => {
    assert.deepEqual(await make("exit 1", true), { left: ["base"], error: undefined });
  });
});
