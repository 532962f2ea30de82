import type { Target } from "./targets.ts";

/** How many bytes of a file say what it is. */
const HEAD_BYTES = 20;

/** `e_machine` of ELF (https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html). */
const ELF_MACHINES: Readonly<Record<number, Target["arch"]>> = { 62: "x86_64", 183: "aarch64" };

/** `cputype` of a 64-bit Mach-O file (<mach/machine.h>). */
const MACH_MACHINES: Readonly<Record<number, Target["arch"]>> = {
  0x0100_0007: "x86_64",
  0x0100_000c: "aarch64",
};

/** What an executable file is made for, as far as it is a system that the program is built for. */
export type MadeFor = Pick<Target, "os" | "arch">;

/** Reads what an executable file is made for from its first bytes; `undefined` for everything else. */
export function madeFor(head: Uint8Array): MadeFor | undefined {
  if (head.length < HEAD_BYTES) return undefined;
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  if (view.getUint32(0) === 0x7f45_4c46) return elf(view);
  // MH_MAGIC_64 in the processor's own order, and MH_EXECUTE.
  if (view.getUint32(0, true) !== 0xfeed_facf || view.getUint32(12, true) !== 2) return undefined;
  const arch = MACH_MACHINES[view.getUint32(4, true)];
  return arch && { os: "darwin", arch };
}

/** Says whether a file is an executable for this target. */
export async function isMadeFor(path: string, { os, arch }: MadeFor): Promise<boolean> {
  using file = await Deno.open(path);
  const head = new Uint8Array(HEAD_BYTES);
  const count = await file.read(head);
  const found = madeFor(head.subarray(0, count ?? 0));
  return found?.os === os && found.arch === arch;
}

function elf(view: DataView): MadeFor | undefined {
  const [is64Bit, isLittleEndian] = [view.getUint8(4) === 2, view.getUint8(5) === 1];
  // ELFOSABI_NONE and ELFOSABI_LINUX; others belong to other systems.
  const isLinux = [0, 3].includes(view.getUint8(7));
  // ET_EXEC and ET_DYN, which is what an executable that can be loaded anywhere is.
  const isExecutable = [2, 3].includes(view.getUint16(16, true));
  const arch = ELF_MACHINES[view.getUint16(18, true)];
  if (!is64Bit || !isLittleEndian || !isLinux || !isExecutable || arch === undefined) return undefined;
  return { os: "linux", arch };
}
