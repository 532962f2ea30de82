import assert from "node:assert/strict";
import { cutOff, nobody, redirected } from "../support/installer/answers.ts";
import { put, putOlder } from "../support/installer/put.ts";
import { assertRefused } from "../support/installer/refused.ts";
import { NAME, release } from "../support/installer/release.ts";
import { makeScene, type Options, type Scene } from "../support/installer/scene.ts";
import { machine } from "../support/installer/tools.ts";
import { testWith } from "../support/needs.ts";

testWith([], "install.sh refuses, and leaves everything as it was", async (t) => {
  const zeros = "0".repeat(64);
  const sums = { sha256sum: undefined, shasum: undefined, openssl: undefined };
  const mismatch = /has the SHA-256 .+ instead of [0-9a-f]{64}; nothing was installed/;
  const unreachable = /cannot download agentgazer-9\.8\.7-.*; nothing was installed/;
  const without = (part: string) => release().filter(({ name }) => !name.endsWith(`/${part}`));
  const linked = (part: string, link: string) => [...without(part), { name: `${NAME}/${part}`, link }];
  const rows: [what: string, options: Options, says: RegExp, before?: (scene: Scene) => void][] = [
    ["a wrong digest", { digest: zeros }, mismatch],
    ["a wrong digest, only wget", { digest: zeros, tools: { curl: undefined } }, mismatch],
    ["a wrong digest, only openssl", {
      digest: zeros,
      tools: { ...sums, openssl: "echo 'SHA2-256(stdin)= 12ab'" },
    }, mismatch],
    ["a tool for digests that fails", { tools: { ...sums, sha256sum: "exit 1" } }, /cannot tell the SHA-256/],
    ["half of the archive", { answer: (all) => new Response(all.slice(0, all.length / 2)) }, mismatch],
    ["an archive without its last byte", { answer: (all) => new Response(all.slice(0, -1)) }, mismatch],
    ["more than the archive", { answer: (all) => new Response(new Blob([all, "x"])) }, mismatch],
    ["nothing", { answer: () => new Response("") }, mismatch],
    ["a page in its place", { answer: () => new Response("<!DOCTYPE html><p>Log in</p>") }, mismatch],
    ["a connection that is cut", { answer: cutOff }, unreachable],
    ["404", { answer: () => new Response("no", { status: 404 }) }, unreachable],
    [
      "404, only wget",
      { answer: () => new Response("no", { status: 404 }), tools: { curl: undefined } },
      unreachable,
    ],
    ["401", { answer: () => new Response("no", { status: 401 }) }, unreachable],
    ["a redirect to a file", { answer: () => redirected("file:///etc/hostname") }, unreachable],
    ["redirects without end", { answer: () => redirected("/again") }, unreachable],
    ["no server", { downloads: nobody() }, unreachable],
    ["no server, only wget", { downloads: nobody(), tools: { curl: undefined } }, unreachable],
    ["a program that is no curl", { tools: { curl: "exit 0" } }, /cannot tell the SHA-256/],

    ["no curl and no wget", { tools: { curl: undefined, wget: undefined } }, /needs curl or wget/],
    ["no tool for digests", { tools: sums }, /needs sha256sum, shasum or openssl/],
    ["no tar", { tools: { tar: undefined } }, /^tar is needed/],
    ["no gzip", { tools: { gzip: undefined } }, /^gzip is needed/],
    ["no mktemp", { tools: { mktemp: undefined } }, /^mktemp is needed/],
    ["no temporary folder", { tools: { mktemp: "exit 1" } }, /cannot make a temporary folder/],
    ["a tar that fails", { tools: { tar: "exit 2" } }, /cannot unpack .*; nothing was installed/],
    [
      "a cp that writes half",
      { tools: { cp: 'echo half >"$2"; exit 1' } },
      /cannot write to .*man1; nothing/,
    ],

    ["FreeBSD", { tools: machine("FreeBSD", "amd64") }, /not made for FreeBSD/],
    ["Windows", { tools: machine("MINGW64_NT-10.0-19045", "x86_64") }, /not made for MINGW64/],
    ["SunOS", { tools: machine("SunOS", "x86_64") }, /not made for SunOS/],
    ["a 32-bit PC", { tools: machine("Linux", "i686") }, /the processor i686/],
    ["a 32-bit Arm", { tools: machine("Linux", "armv7l") }, /the processor armv7l/],
    ["RISC-V", { tools: machine("Linux", "riscv64") }, /the processor riscv64/],
    ["a PowerPC Mac", { tools: machine("Darwin", "Power Macintosh") }, /the processor Power Macintosh/],
    ["a 64-bit kernel and 32-bit programs", { tools: { getconf: "echo 32" } }, /the programs have 32 bits/],
    [
      "a Raspberry Pi with 32-bit programs",
      { tools: machine("Linux", "aarch64", { getconf: "echo 32" }) },
      /aarch64.* 32 bits/,
    ],
    ["musl", { tools: { ldd: "echo 'musl libc (x86_64)' >&2; exit 1", getconf: "exit 1" } }, /on musl/],
    ["musl with a getconf", { tools: { ldd: "echo 'musl libc (aarch64)' >&2; exit 1" } }, /on musl/],
    ["glibc 2.26", { tools: { getconf: "echo glibc 2.26" } }, /on glibc 2\.26/],
    ["glibc 2.5", { tools: { getconf: "echo glibc 2.5" } }, /on glibc 2\.5/],
    ["glibc 2.17.90", { tools: { getconf: "echo glibc 2.17.90" } }, /on glibc 2\.17\.90/],
    ["glibc 1.99", { tools: { getconf: "echo glibc 1.99" } }, /on glibc 1\.99/],
    ["no archive", { triples: ["aarch64-apple-darwin"] }, /not released for x86_64-unknown-linux-gnu/],
    ["no archive at all", { triples: [] }, /not released for x86_64-unknown-linux-gnu/],

    ["an archive that is no archive", { entries: [] }, /cannot unpack/],
    ["an archive of another version", { entries: release(undefined, "agentgazer-1") }, /cannot unpack/],
    ["an archive without the executable", { entries: without("agentgazer") }, /damaged: agentgazer is no/],
    [
      "an archive without completions",
      { entries: without("agentgazer.fish") },
      /damaged: .*agentgazer\.fish is no/,
    ],
    ["an executable that is a link", { entries: linked("agentgazer", "/bin/sh") }, /damaged: agentgazer is/],
    ["a page that is a link", { entries: linked("man/agentgazer.1", "/etc/passwd") }, /damaged: man\/agent/],
    ["an executable of another version", { entries: release("#!/bin/sh\necho 1.2.3\n") }, /not of version/],
    ["an executable that says nothing", { entries: release("#!/bin/sh\n") }, /not of version/],

    ["a disk that fills up", { tools: { curl: "exit 23" } }, /cannot write agentgazer-9.*; nothing was inst/],
    [
      "a disk that fills up, only wget",
      { tools: { curl: undefined, wget: "exit 3" } },
      /cannot write agentg/,
    ],
    ["the code of wget for it, from curl", { tools: { curl: "exit 3" } }, unreachable],
    ["the code of curl for it, from wget", { tools: { curl: undefined, wget: "exit 23" } }, unreachable],

    ["a file in place of the prefix", {}, /cannot write to/, put("home", ".local")],
    ["a file in place of bin", {}, /cannot write to .*\/bin;/, put("home", ".local", "bin")],
    ["a file in place of share", {}, /cannot write to/, put("home", ".local", "share")],
    ["a file in a deep place", {}, /cannot write to/, put("home", ".local", "share", "fish")],
    [
      "a folder in place of the executable",
      {},
      /is a folder/,
      put("home", ".local", "bin", "agentgazer", "x"),
    ],
  ];
  for (const [what, options, says, before] of rows) {
    await t.step(what, async () => {
      await using scene = makeScene(options);
      (before ?? putOlder("bin/agentgazer"))(scene);
      const files = scene.files();
      assertRefused(await scene.run(), says);
      assert.deepEqual(scene.files(), files);
    });
  }
});

testWith([], "install.sh says why the executable does not run", async (t) => {
  const rows: [what: string, script: string, says: RegExp, hints: RegExp][] = [
    ["no interpreter", "#!/does/not/exist\n", /does not run in .*: .*not found/, /report/],
    ["an old C library", "#!/bin/sh\necho GLIBC_2.99 >&2; exit 1\n", /: GLIBC_2\.99$/, /report/],
    ["an old processor", "#!/bin/sh\nkill -s ILL $$\n", /: .*(132|Illegal instruction)/, /report/],
    ["no word", "#!/bin/sh\nexit 7\n", /: it ended with code 7$/, /report/],
    ["no permission", "#!/bin/sh\necho x: Permission denied; exit 126\n", /denied$/, /noexec/],
    ["no permission, in other words", "#!/bin/sh\necho permission denied: x; exit 126\n", /: x$/, /noexec/],
  ];
  for (const [what, script, says, hints] of rows) {
    await t.step(what, async () => {
      await using scene = makeScene({ entries: release(script) });
      assertRefused(await scene.run(), says, 1, hints);
      assert.deepEqual(scene.files(), {});
    });
  }
});
