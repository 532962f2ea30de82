import assert from "node:assert/strict";
import { isMadeFor, madeFor } from "../../../scripts/compile/file_format.ts";
import { hostTarget, TARGETS } from "../../../scripts/compile/targets.ts";
import { EXECUTABLE, testWith } from "../../support/needs.ts";
import { temporaryFolder } from "../../support/temporary_folder.ts";

/** The first bytes of an ELF file. */
function elf(
  { bits = 2, order = 1, abi = 0, type = 3, machine = 62 }: Partial<Record<string, number>> = {},
): Uint8Array {
  const head = new Uint8Array(64);
  head.set([0x7f, 0x45, 0x4c, 0x46, bits, order, 1, abi]);
  head.set([type, 0, machine & 0xff, machine >> 8], 16);
  return head;
}

/** The first bytes of a 64-bit Mach-O file. */
function mach(cpu: number, type = 2, magic = 0xfeed_facf): Uint8Array {
  const head = new Uint8Array(32);
  const view = new DataView(head.buffer);
  [magic, cpu, 0, type].forEach((word, at) => view.setUint32(at * 4, word, true));
  return head;
}

const [X86, ARM] = [0x0100_0007, 0x0100_000c];

const HEADS: [what: string, head: Uint8Array, wanted: string][] = [
  ["Linux on x86_64", elf(), "linux x86_64"],
  ["Linux on x86_64, at a fixed address", elf({ type: 2 }), "linux x86_64"],
  ["Linux on x86_64, with GNU's mark", elf({ abi: 3 }), "linux x86_64"],
  ["Linux on aarch64", elf({ machine: 183 }), "linux aarch64"],
  ["macOS on x86_64", mach(X86), "darwin x86_64"],
  ["macOS on aarch64", mach(ARM), "darwin aarch64"],
  ["Linux on RISC-V", elf({ machine: 243 }), "-"],
  ["Linux on x86, 32 bits", elf({ bits: 1, machine: 3 }), "-"],
  ["x86_64 in 32 bits (x32)", elf({ bits: 1 }), "-"],
  ["aarch64 in the other byte order", elf({ order: 2, machine: 183 }), "-"],
  ["FreeBSD", elf({ abi: 9 }), "-"],
  ["an object file", elf({ type: 1 }), "-"],
  ["a core dump", elf({ type: 4 }), "-"],
  ["half an ELF head", elf().subarray(0, 18), "-"],
  ["macOS on x86, 32 bits", mach(7, 2, 0xfeed_face), "-"],
  ["a library of macOS", mach(ARM, 6), "-"],
  ["macOS in the other byte order", mach(ARM, 2, 0xcffa_edfe), "-"],
  ["several of macOS in one", mach(ARM, 2, 0xbeba_feca), "-"],
  ["PowerPC", mach(0x0100_0012), "-"],
  ["Windows", new TextEncoder().encode("MZ" + "\0".repeat(62)), "-"],
  ["a script", new TextEncoder().encode("#!/bin/sh\necho ELF x86_64\n"), "-"],
  ["nothing", new Uint8Array(), "-"],
];

Deno.test("madeFor() tells a target's executable from everything else", async (t) => {
  for (const [what, head, wanted] of HEADS) {
    await t.step(what, () => {
      const found = madeFor(head);
      assert.equal(found === undefined ? "-" : `${found.os} ${found.arch}`, wanted);
    });
  }
});

Deno.test("madeFor() reads where the bytes begin", () => {
  const shifted = new Uint8Array([0, 0, 0, ...elf({ machine: 183 })]).subarray(3);
  assert.deepEqual(madeFor(shifted), { os: "linux", arch: "aarch64" });
});

Deno.test("isMadeFor() is true for one target at most", async () => {
  using folder = temporaryFolder();
  for (const [what, head, wanted] of HEADS) {
    const path = folder.at("file");
    Deno.writeFileSync(path, head);
    const found = [];
    for (const target of TARGETS) {
      if (await isMadeFor(path, target)) found.push(`${target.os} ${target.arch}`);
    }
    assert.deepEqual(found, wanted === "-" ? [] : [wanted], what);
  }
});

testWith(["compile"], "isMadeFor() knows the executable for what it is", async () => {
  assert.ok(await isMadeFor(EXECUTABLE, hostTarget()));
});
