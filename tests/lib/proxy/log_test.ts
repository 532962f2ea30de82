import fc from "fast-check";
import assert from "node:assert/strict";
import {
  LOG_LEVELS,
  type LogFormat,
  loggable,
  type LogLevel,
  makeLog,
  newRequestLine,
  parseLogLevel,
  type RequestLine,
} from "../../../lib/proxy/log.ts";
import { forAll } from "../../support/property.ts";

const NOW = Date.parse("2026-11-02T09:00:00.000Z");

const LINE: RequestLine = {
  ...newRequestLine("POST", NOW),
  client: "default",
  agent: "a",
  provider: "openai",
  path: "/openai/v1/responses",
  status: 200,
  bytes: 12,
  ms: 34,
};

function written(format: LogFormat, level: LogLevel, use: (log: ReturnType<typeof makeLog>) => void): string {
  let text = "";
  use(makeLog(format, level, (line) => text += line, () => NOW));
  return text;
}

Deno.test("makeLog() writes a request on one line, its fields in order", async (t) => {
  const rows: [format: LogFormat, line: RequestLine, want: string][] = [
    ["text", LINE, "2026-11-02T09:00:00.000Z default a openai POST /openai/v1/responses 200 12B 34ms\n"],
    ["text", newRequestLine("GET", NOW), "2026-11-02T09:00:00.000Z - - - GET - 0 0B 0ms\n"],
    [
      "text",
      { ...LINE, error: "client_gone" },
      "2026-11-02T09:00:00.000Z default a openai POST /openai/v1/responses 200 12B 34ms client_gone\n",
    ],
    [
      "json",
      { ...LINE, error: "client_gone" },
      '{"time":"2026-11-02T09:00:00.000Z","client":"default","agent":"a","provider":"openai","path":"/openai/v1/responses","method":"POST","status":200,"bytes":12,"ms":34,"error":"client_gone"}\n',
    ],
  ];
  for (const [format, line, want] of rows) {
    await t.step(want, () => {
      const got = written(format, "info", (log) => log.request(line));
      if (format === "text") return assert.equal(got, want);
      assert.match(got, /^[^\n]+\n$/);
      assert.deepEqual(JSON.parse(got), JSON.parse(want));
    });
  }
});

Deno.test("makeLog() writes an event on one line", () => {
  const event = (format: LogFormat) => written(format, "info", (log) => log.event("warn", 'half "done"'));
  assert.equal(event("text"), '2026-11-02T09:00:00.000Z warn: half "done"\n');
  assert.equal(
    event("json"),
    '{"time":"2026-11-02T09:00:00.000Z","level":"warn","message":"half \\"done\\""}\n',
  );
});

Deno.test("makeLog() writes a notice as it is, or as an event of level info", () => {
  const notice = (format: LogFormat, level: LogLevel) =>
    written(format, level, (log) => log.notice("it listens"));
  assert.equal(notice("text", "info"), "it listens\n");
  assert.equal(
    notice("json", "debug"),
    '{"time":"2026-11-02T09:00:00.000Z","level":"info","message":"it listens"}\n',
  );
  for (const format of ["text", "json"] as const) assert.equal(notice(format, "warn"), "");
});

Deno.test("makeLog() writes what its level asks for and nothing less important", async (t) => {
  for (const [most, level] of LOG_LEVELS.entries()) {
    await t.step(level, () => {
      const got = written("text", level, (log) => {
        for (const one of LOG_LEVELS) log.event(one, "x");
        log.request(LINE);
      });
      const events = LOG_LEVELS.slice(0, most + 1).map((one) => `2026-11-02T09:00:00.000Z ${one}: x\n`);
      const request = written("text", "info", (log) => log.request(LINE));
      assert.equal(got, events.join("") + (most >= 2 ? request : ""));
    });
  }
});

Deno.test("parseLogLevel() knows four levels, and does not repeat anything else", async (t) => {
  for (const level of LOG_LEVELS) assert.equal(parseLogLevel(level), level);
  assert.equal(parseLogLevel(undefined), "info");
  for (const value of ["", "INFO", "verbose", "info ", "0", "sk-proj-0123456789", "__proto__"]) {
    await t.step(JSON.stringify(value), () => {
      assert.throws(() => parseLogLevel(value), (error: Error & { code: string; hint: string }) => {
        assert.equal(error.code, "usage");
        assert.equal(error.hint, "set it to one of error, warn, info, debug");
        return value === "" || value === "0" || !error.message.includes(value);
      });
    });
  }
});

const PATHS: [path: string, shown: string][] = [
  ["/openai/v1/models", "/openai/v1/models"],
  ["/a%20b;c=d", "/a%20b;c=d"],
  ["/a b", "/a?b"],
  ["/a\nGET /fake 200", "/a?GET?/fake?200"],
  ["/a\r\n", "/a??"],
  ["/\x1b[31m", "/?[31m"],
  ["/\0\x7f", "/??"],
  ["/\u2028\u202e\u0085é", "/????"],
  ["/openai/agz_Zm9v-YmFy_x/x", "/openai/[token]/x"],
  ["/agz_a/agz_b", "/[token]/[token]"],
  ["/xagz_abc", "/x[token]"],
  ["/agz_", "/agz_"],
  ["/v1/%61gz_0123", "/v1/[token]"],
  ["/v1/%0agz_0123/%61gz_4567", "/v1/%0[token]/[token]"],
  ["/v1/%ff%61gz_0123", "/v1/%ff[token]"],
  ["/v1/%2561gz_0123", "/v1/[token]"],
  ["/v1/agz%5F0123%2Fx", "/v1/[token]/x"],
  ["/v1/AGZ_0123", "/v1/[token]"],
  ["/" + "a".repeat(600), "/" + "a".repeat(511)],
  ["/" + "a".repeat(500) + "agz_0123456789", "/" + "a".repeat(500) + "[token]"],
];

Deno.test("loggable() shows no token and nothing that could break a line", async (t) => {
  for (const [path, shown] of PATHS) {
    await t.step(JSON.stringify(path.slice(0, 40)), () => assert.equal(loggable(path), shown));
  }
});

Deno.test("loggable() is one printable word of at most 512 characters, whatever the path", () => {
  const text = fc.string({ unit: "binary", maxLength: 600 });
  forAll(text, text, (before, behind) => {
    assert.match(loggable(before + "agz_0123456789" + behind), /^[!-~]{0,520}$/);
    assert.doesNotMatch(loggable(before + "agz_0123456789" + behind), /agz_\d/);
  });
});
