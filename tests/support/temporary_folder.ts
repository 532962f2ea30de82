import { join } from "node:path";

/** A folder that is gone at the end of the test. */
export interface TemporaryFolder extends Disposable {
  readonly path: string;
  /** A path in it. */
  at(...names: string[]): string;
}

/** Makes a folder that only its owner may use. */
export function temporaryFolder(): TemporaryFolder {
  const path = Deno.makeTempDirSync({ prefix: "agentgazer-test-" });
  return {
    path,
    at: (...names) => join(path, ...names),
    [Symbol.dispose]: () => Deno.removeSync(path, { recursive: true }),
  };
}
