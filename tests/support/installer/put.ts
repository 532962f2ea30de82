import { join } from "node:path";
import type { Scene } from "./scene.ts";

/** Puts a file there before the installer runs. */
export function put(...names: string[]): (scene: Scene) => void {
  return ({ folder }) => {
    Deno.mkdirSync(join(folder.path, ...names.slice(0, -1)), { recursive: true });
    Deno.writeTextFileSync(folder.at(...names), "was here");
  };
}
