import assert from "node:assert/strict";
import { type LoginScene, startLoginScene } from "./vendors/login_scene.ts";

/** Where traps lead to that send a login elsewhere. */
export const ELSEWHERE = "https://elsewhere.test/oauth";

/** The scene of a login by a code, whose server asks for the shortest pauses, and has these traps. */
export async function startDeviceScene(traps: LoginScene["codex"]["traps"] = {}): Promise<LoginScene> {
  const scene = await startLoginScene([new URL(ELSEWHERE).host]);
  scene.codex.settings.interval = "2";
  Object.assign(scene.codex.traps, traps);
  return scene;
}

/** Fails unless requests went to this host alone. */
export function assertAskedOnly({ providers }: LoginScene, host: string): void {
  assert.deepEqual([...new Set(providers.received.map((request) => request.host))], [host]);
}
