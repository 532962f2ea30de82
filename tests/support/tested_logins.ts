import assert from "node:assert/strict";
import type { CommandLine } from "./command_line.ts";
import { START_TIME } from "./fake_system.ts";
import { type FakeUpstream, fakeUpstream } from "./fake_upstream.ts";
import type { LoginCall, LoginServer } from "./login_server.ts";

/** What a login holds whose tokens were never renewed. */
export const KEPT = { accessToken: "access-0", refreshToken: "refresh-0", accountId: "acc-0" };

/** A moment so many minutes from now. */
export function inMinutes(count: number): string {
  return new Date(START_TIME + count * 60_000).toISOString();
}

/** What stands in the clear of a login that has ended, and of one that is good for a while. */
export const OVER = { expiresAt: inMinutes(-1), renewable: true };
export const GOOD = { expiresAt: inMinutes(60), renewable: true };

/** Takes each refresh token for the next tokens. */
export function renews({ fields }: LoginCall): Response {
  const next = Number(/^refresh-(\d)$/.exec(`${fields.refresh_token}`)![1]) + 1;
  return Response.json({
    access_token: `access-${next}`,
    refresh_token: `refresh-${next}`,
    expires_in: 3600,
  });
}

/** Says that there will be no tokens any more. */
export function denies(): Response {
  return Response.json({ error: "invalid_grant" }, { status: 400 });
}

/** A provider that takes these tokens. */
export function taking(good: readonly string[]): FakeUpstream {
  return fakeUpstream(({ headers }) => {
    const isGood = good.includes(headers.get("authorization")!.slice("Bearer ".length));
    return Response.json({}, { status: isGood ? 200 : 401 });
  });
}

/** The tokens that a provider was asked about. */
export function tokensIn({ calls }: FakeUpstream): string[] {
  return calls.map(({ headers }) => headers.authorization!.slice("Bearer ".length));
}

/** One line of `providers test --json`. */
export interface TestedRow {
  readonly id: string;
  readonly result: string;
  readonly detail?: string;
}

/** Runs `providers test --json`, and checks that no token is told. */
export async function testLogins(
  line: CommandLine,
  { upstream }: FakeUpstream,
  { fetch }: LoginServer,
): Promise<{ readonly code: number; readonly rows: readonly TestedRow[] }> {
  const { code, out, err } = await line.run(["providers", "test", "--json"], { upstream, fetch });
  assert.doesNotMatch(out + err, /access-\d|refresh-\d/);
  return { code, rows: JSON.parse(out) };
}
