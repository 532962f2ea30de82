import { Leaks } from "./leaks.ts";

/** A secret of which no piece occurs by chance. */
export const CANARY = "Vb3nQ8rT5xZw2LkJ9dHsYc7mFp4Ga6Ue";

const leaks = new Leaks([CANARY]);

/** The first trace of the canary in a text. */
export function findCanary(text: string): string | undefined {
  return leaks.find(text);
}

/** Fails when a text holds any trace of the canary. */
export function assertNoCanary(text: string, where: string): void {
  leaks.assertNone(text, where);
}

/** Fails when any file below a folder holds a trace of the canary, in its name or its content. */
export async function assertNoCanaryBelow(folder: string): Promise<void> {
  await leaks.assertNoneBelow(folder);
}
