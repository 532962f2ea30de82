import { dirname, join } from "node:path";
import { LIST } from "./release.ts";
import type { Scene } from "./scene.ts";

/** Puts a file there before the installer runs. */
export function put(...names: string[]): (scene: Scene) => void {
  return ({ folder }) => {
    Deno.mkdirSync(join(folder.path, ...names.slice(0, -1)), { recursive: true });
    Deno.writeTextFileSync(folder.at(...names), "was here");
  };
}

/** Puts files below the default prefix, and the list that says that an older installer did so. */
export function putOlder(...places: string[]): (scene: Scene) => void {
  return (scene) => {
    for (const place of places) put("home", ".local", ...place.split("/"))(scene);
    putList(places.map((place) => `${place}\n`).join(""))(scene);
  };
}

/** Puts the list of what was installed below the default prefix. */
export function putList(text: string | Uint8Array): (scene: Scene) => void {
  return (scene) => {
    const file = join(scene.prefix, LIST);
    Deno.mkdirSync(dirname(file), { recursive: true });
    Deno.writeFileSync(file, typeof text === "string" ? new TextEncoder().encode(text) : text);
  };
}
