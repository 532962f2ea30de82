import { ELSEWHERE } from "./device_scene.ts";
import { logInByCode } from "./login_run.ts";
import type { Run } from "./program.ts";
import type { Region } from "./vendors/desk.ts";
import { type LoginScene, startLoginScene } from "./vendors/login_scene.ts";

/** The scene of a login to MiniMax, whose servers ask for the shortest pauses, and have these traps. */
export async function startMiniMaxScene(traps: LoginScene["minimax"]["traps"] = {}): Promise<LoginScene> {
  const scene = await startLoginScene([new URL(ELSEWHERE).host]);
  scene.minimax.settings.interval = 2000;
  Object.assign(scene.minimax.traps, traps);
  return scene;
}

/** Logs in to MiniMax with a code that is confirmed as soon as it is shown. */
export function logInToMiniMax(
  { box, minimax }: LoginScene,
  region: Region = "global",
  args: readonly string[] = ["--device"],
  wrapper: readonly string[] = [],
): Promise<Run> {
  const line = ["minimax-oauth", "--region", region, ...args];
  return logInByCode(box, line, (code) => minimax.approve(region, code), wrapper);
}
