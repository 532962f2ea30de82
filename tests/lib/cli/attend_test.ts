import assert from "node:assert/strict";
import { makeConversation } from "../../../lib/cli/conversation.ts";
import type { Wait } from "../../../lib/oauth/service.ts";
import type { StopSignal } from "../../../lib/system.ts";
import { settle } from "../../support/fake_clock.ts";
import { fails } from "../../support/failure.ts";
import { makePlace, type Place } from "../../support/place.ts";

const never = () => new Promise<never>(() => {});

/** Checks that nothing of the wait is left: no raw mode, no handler, no line. */
function assertRestored({ fake }: Place, wasRaw = true): void {
  assert.deepEqual([fake.raw, fake.listeners], [wasRaw ? [true, false] : [], 0]);
  assert.ok(fake.stderr.endsWith("\r\x1b[2K"), JSON.stringify(fake.stderr));
}

const onLine: Wait["onLine"] = () => undefined;

Deno.test("attend() gives what the work gives, and leaves the terminal as it was", async () => {
  const place = makePlace();
  let signal: AbortSignal | undefined;
  const { until } = place;
  const given = await makeConversation(place.system, true).attend({ what: "it", until, onLine }, (over) => {
    assert.deepEqual([place.fake.raw, over.aborted], [[true], false]);
    signal = over;
    return Promise.resolve(5);
  });
  assert.deepEqual([given, signal!.aborted], [5, true]);
  assertRestored(place);
});

Deno.test("attend() turns the echo off only where a line may be typed on a terminal", async (t) => {
  await t.step("nothing may be typed", async () => {
    const place = makePlace();
    await makeConversation(place.system, true).attend(
      { what: "it", until: place.until },
      () => Promise.resolve(),
    );
    assertRestored(place, false);
  });
  await t.step("there is no terminal", async () => {
    const place = makePlace({ isTerminal: false });
    const { until } = place;
    await makeConversation(place.system, true).attend({ what: "it", until, onLine }, () => Promise.resolve());
    assert.deepEqual([place.fake.raw, place.fake.listeners], [[], 0]);
  });
});

Deno.test("attend() ends with what ends the work", async () => {
  const place = makePlace();
  const { until } = place;
  const work = () => Promise.reject(new TypeError("of the test"));
  await assert.rejects(
    makeConversation(place.system, true).attend({ what: "it", until, onLine }, work),
    TypeError,
  );
  assertRestored(place);
});

Deno.test("attend() ends at a signal, and tells the work", async (t) => {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] satisfies StopSignal[]) {
    for (const line of [onLine, undefined]) {
      await t.step(`${signal}, ${line === undefined ? "" : "typing"}`, async () => {
        const place = makePlace();
        const seen: AbortSignal[] = [];
        const wait = { what: "it", until: place.until, ...line && { onLine: line } };
        const attended = makeConversation(place.system, true).attend(wait, (over) => {
          seen.push(over);
          return never();
        });
        await settle();
        assert.equal(seen[0]!.aborted, false);
        place.fake.raise(signal);
        await fails("interrupted", () => attended);
        assert.equal(seen[0]!.aborted, true);
        assertRestored(place, line !== undefined);
      });
    }
  }
});

Deno.test("attend() ends at Ctrl-C, which is a byte where the echo is off", async (t) => {
  for (const stdin of [["\x03"], ["http://localhost", "\x03"], ["half a\x03line\r"]]) {
    await t.step(JSON.stringify(stdin), async () => {
      const place = makePlace({ stdin });
      const lines: string[] = [];
      const wait: Wait = { what: "it", until: place.until, onLine: (line) => void lines.push(line) };
      await fails("interrupted", () => makeConversation(place.system, true).attend(wait, never));
      assert.deepEqual(lines, []);
      assertRestored(place);
    });
  }
});

Deno.test("attend() ends when the time is over, not before", async () => {
  const place = makePlace();
  const wait = { what: "it", until: place.until, onLine };
  const seen: AbortSignal[] = [];
  const attended = makeConversation(place.system, true).attend(wait, (over) => {
    seen.push(over);
    return never();
  });
  attended.catch(() => {});
  await settle();
  await place.clock.advance(59_999);
  assert.equal(seen[0]!.aborted, false);
  await place.clock.advance(1);
  const { message } = await fails("login_failed", () => attended);
  assert.match(message, /nobody finished it in time/);
  assert.equal(seen[0]!.aborted, true);
  assertRestored(place);
});

Deno.test("attend() goes on when stdin ends", async () => {
  for (const isTerminal of [true, false]) {
    const place = makePlace({ stdin: [], staysOpen: false, isTerminal });
    const done = Promise.withResolvers<string>();
    const wait: Wait = { what: "it", until: place.until, onLine };
    const attended: Promise<string> = makeConversation(place.system, true).attend(wait, () => done.promise);
    await settle();
    done.resolve("done");
    assert.equal(await attended, "done");
  }
});

Deno.test("attend() says what is wrong with a line, shows none, and takes none after the end", async () => {
  const late = Promise.withResolvers<string>();
  const texts = [Promise.resolve("wrong-canary\r"), Promise.resolve("right-canary\r"), late.promise];
  const read = async () => new TextEncoder().encode(await (texts.shift() ?? never()));
  const place = makePlace({}, { read });
  const done = Promise.withResolvers<void>();
  const lines: string[] = [];
  const wait: Wait = {
    what: "it",
    until: place.until,
    onLine(line) {
      lines.push(line);
      if (!line.startsWith("right")) return "that is not it";
      done.resolve();
      return undefined;
    },
  };
  await makeConversation(place.system, true).attend(wait, () => done.promise);
  assert.ok(place.fake.stderr.includes("\r\x1b[2Kagentgazer: that is not it\n"));
  assert.ok(!place.fake.stderr.includes("canary"));
  assertRestored(place);
  late.resolve("too late\r");
  await settle();
  assert.deepEqual(lines, ["wrong-canary", "right-canary"]);
  assertRestored(place);
});
