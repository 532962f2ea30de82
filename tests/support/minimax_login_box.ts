import type { Grant } from "../../lib/oauth/service.ts";
import { logInToMiniMax } from "../../lib/oauth/services/minimax_login.ts";
import { type FakeTalk, fakeTalk, type LoginMachine, loginMachine } from "./fake_login.ts";
import type { Region } from "./vendors/desk.ts";
import { makeMiniMax, type MiniMax } from "./vendors/minimax.ts";
import type { MiniMaxSettings } from "./vendors/minimax_settings.ts";

/** A login to MiniMax that has not begun. */
export interface MiniMaxBox extends LoginMachine {
  readonly minimax: MiniMax;
  readonly talk: FakeTalk;
  /** What was stored. */
  readonly kept: readonly Grant[];
  run(): Promise<void>;
}

/** How the login is made. */
export interface MiniMaxOptions extends Partial<MiniMaxSettings> {
  readonly device?: boolean;
  readonly region?: Region;
  /** Which poll finds the code confirmed; none with 0. */
  readonly approvedAt?: number;
}

/** Makes one with the stand-in of MiniMax's servers. */
export function miniMaxBox(
  { device = false, region, approvedAt = 1, ...settings }: MiniMaxOptions = {},
): MiniMaxBox {
  const minimax = makeMiniMax({ now: () => machine.system.now(), ...settings });
  const machine: LoginMachine = loginMachine((request) => {
    const isPoll = request.url.endsWith("/token");
    if (isPoll && minimax.counts.poll + 1 === approvedAt) minimax.approve(region ?? "global");
    return minimax.answer(request);
  });
  const talk = fakeTalk();
  const kept: Grant[] = [];
  const run = () =>
    logInToMiniMax(machine.sender, machine.system, {
      device,
      region,
      talk,
      keep: (grant) => Promise.resolve(void kept.push(grant)),
    });
  return { ...machine, minimax, talk, kept, run };
}
