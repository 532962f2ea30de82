import assert from "node:assert/strict";
import { basename, join } from "node:path";
import { commandTree, pageOf } from "../../scripts/docs/pages.ts";
import { isPackaged } from "../../scripts/packaging/release.ts";
import { ROOT } from "../support/needs.ts";
import { archives, debFor, DIST, pathsIn, run } from "../support/packages.ts";
import { temporaryFolder } from "../support/temporary_folder.ts";

const MANUALS = ["agentgazer", ...pageOf(commandTree()).below.map(({ name }) => name.replace(" ", "-"))];

const IN_PACKAGE = [
  "./usr/bin/agentgazer",
  "./usr/lib/systemd/user/agentgazer.service",
  "./usr/lib/systemd/user-generators/agentgazer",
  "./usr/share/bash-completion/completions/agentgazer",
  "./usr/share/doc/agentgazer/changelog.gz",
  "./usr/share/doc/agentgazer/copyright",
  "./usr/share/fish/vendor_completions.d/agentgazer.fish",
  "./usr/share/lintian/overrides/agentgazer",
  ...MANUALS.map((name) => `./usr/share/man/man1/${name}.1.gz`),
  "./usr/share/zsh/vendor-completions/_agentgazer",
];

Deno.test("SHA256SUMS is true, and names every file that is released", async () => {
  const sums = await Deno.readTextFile(join(DIST, "SHA256SUMS"));
  const checked = await run("sh", ["-c", 'cd "$0" && sha256sum --check --strict --quiet SHA256SUMS', DIST]);
  assert.deepEqual([checked.code, checked.out + checked.err], [0, ""]);
  const named = sums.trimEnd().split("\n").map((line) => line.slice(66));
  const there = (await Array.fromAsync(Deno.readDir(DIST))).filter(({ isFile }) => isFile).map(({ name }) =>
    name
  );
  // The bare executables are in the archives.
  const released = there.filter(isPackaged)
    .filter((name) => name !== "SHA256SUMS" && !/^agentgazer-[\w-]+$/.test(name));
  assert.deepEqual(named.toSorted(), released.toSorted());
  assert.ok(named.length >= 7, sums);
});

Deno.test("a Debian package holds what its users expect, and nothing else", async (t) => {
  for (const architecture of ["amd64", "arm64"] as const) {
    await t.step(architecture, async () => {
      const { out } = await run("dpkg-deb", ["--contents", debFor(architecture)]);
      const lines = out.trimEnd().split("\n").map((line) => line.split(/\s+/));
      assert.ok(lines.every(([mode, owner]) => owner === "root/root" && !/^.{5}w|^.{8}w/.test(mode!)));
      const files = lines.filter(([mode]) => !mode!.startsWith("d")).map((line) => line.at(-1)!);
      assert.deepEqual(files.toSorted(), IN_PACKAGE.toSorted());
      const field = async (name: string) =>
        (await run("dpkg-deb", ["--field", debFor(architecture), name])).out.trim();
      assert.equal(await field("Architecture"), architecture);
      assert.equal(await field("Recommends"), "libsecret-tools");
      assert.equal(await field("Depends"), "libc6 (>= 2.27), libgcc-s1 | libgcc1");
    });
  }
});

Deno.test("an archive holds one folder with what its users expect, and nothing else", async (t) => {
  const found = await archives();
  assert.ok(found.size >= 2);
  const readme = await Deno.readTextFile(join(ROOT, "README.md"));
  const linked = new Set([...readme.matchAll(/\]\((?!#)([\w./-]+)\)/g)].map(([, path]) => path!));
  assert.ok(linked.size > 3);
  for (const [triple, path] of found) {
    await t.step(triple, async () => {
      const folder = basename(path, ".tar.gz");
      const files = (await pathsIn(path)).filter((file) => !file.endsWith("/"));
      assert.deepEqual(
        files.map((file) => file.slice(folder.length + 1)).toSorted(),
        [
          "COPYRIGHT",
          "LICENSE",
          "README.md",
          ...linked,
          "agentgazer",
          "completions/_agentgazer",
          "completions/agentgazer.bash",
          "completions/agentgazer.fish",
          ...MANUALS.map((name) => `man/${name}.1`),
        ].toSorted(),
      );
      assert.ok(files.every((file) => file.startsWith(`${folder}/`)));
    });
  }
});

Deno.test("an archive says whose work is in the executable, and under which licenses", async (t) => {
  const bill = JSON.parse(await Deno.readTextFile(join(DIST, "agentgazer.cdx.json")));
  const names: string[] = bill.components.map(({ name }: { name: string }) => name);
  assert.ok(names.includes("deno") && names.length > 4);
  for (const [triple, path] of await archives()) {
    await t.step(triple, async () => {
      const { out } = await run("tar", ["-xzOf", path, `${basename(path, ".tar.gz")}/COPYRIGHT`]);
      const named = [...out.matchAll(/^Files: (.+)\nCopyright: .+\n(?: .+\n)*License: (.+)$/gm)];
      assert.deepEqual(named.map(([, files]) => files!).sort(), ["*", "v8", ...names].sort());
      for (const [, , license] of named) assert.match(out, new RegExp(`^License: ${license}\n .+`, "m"));
      assert.doesNotMatch(out, /@\w+@/);
    });
  }
});

Deno.test("the executables of Linux run with glibc 2.27", async (t) => {
  using folder = temporaryFolder();
  for (const [triple, path] of await archives()) {
    if (!triple.includes("linux")) continue;
    await t.step(triple, async () => {
      const member = `${basename(path, ".tar.gz")}/agentgazer`;
      assert.equal((await run("tar", ["-xzf", path, "-C", folder.path, member])).code, 0);
      const { out } = await run("readelf", ["--version-info", "--wide", join(folder.path, member)]);
      const wanted = [...out.matchAll(/Name: GLIBC_(\d+)\.(\d+)/g)].map(([, major, minor]) =>
        Number(major) * 1000 + Number(minor)
      );
      assert.ok(wanted.length > 5);
      assert.ok(Math.max(...wanted) <= 2027, `it wants ${Math.max(...wanted)}`);
    });
  }
});
