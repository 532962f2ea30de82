import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import {
  type Call,
  decodeReply,
  encodeCall,
  firstText,
  firstVariantBoolean,
  FIXED_HEAD,
  messageLength,
} from "../../backends/dbus_message.ts";
import { dbusReply, type ReplyParts } from "../support/libsecret_box.ts";
import { forAll } from "../support/property.ts";

const HELLO: Call = {
  destination: "org.freedesktop.DBus",
  path: "/org/freedesktop/DBus",
  interface: "org.freedesktop.DBus",
  member: "Hello",
  args: [],
};

/** By hand, from the specification: the head, then each field from a multiple of eight on. */
const HELLO_BYTES = [
  "6c01000100000000010000006d000000",
  "01016f00150000002f6f72672f667265656465736b746f702f44427573000000",
  "02017300140000006f72672e667265656465736b746f702e4442757300000000",
  "030173000500000048656c6c6f000000",
  "06017300140000006f72672e667265656465736b746f702e4442757300000000",
].join("");

Deno.test("encodeCall() writes a call without arguments as the specification says", () => {
  assert.equal(Buffer.from(encodeCall(HELLO, 1)).toString("hex"), HELLO_BYTES);
});

/** Reads the arguments of a call, which its body holds one after the other. */
function textsIn(body: Uint8Array): string[] {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const texts: string[] = [];
  for (let at = 0; at < body.length;) {
    at = Math.ceil(at / 4) * 4;
    const length = view.getUint32(at, true);
    texts.push(new TextDecoder().decode(body.subarray(at + 4, at + 4 + length)));
    assert.equal(body[at + 4 + length], 0);
    at += length + 5;
  }
  return texts;
}

Deno.test("encodeCall() keeps its arguments, and messageLength() says where it ends", () => {
  const text = fc.string({ unit: "grapheme" }).filter((value) => !value.includes("\0"));
  const args = fc.array(text, { maxLength: 4 });
  forAll(
    text,
    args,
    fc.integer({ min: 1, max: 0xffffffff }),
    (member: string, list: string[], serial: number) => {
      const bytes = encodeCall({ ...HELLO, member, args: list }, serial);
      assert.equal(messageLength(bytes.subarray(0, FIXED_HEAD)), bytes.length);
      assert.equal(new DataView(bytes.buffer).getUint32(8, true), serial);
      const { to, error, body, littleEndian } = decodeReply(bytes);
      assert.deepEqual([to, error, littleEndian], [0, undefined, true]);
      assert.deepEqual(textsIn(body), list);
    },
  );
});

const PATH = "/org/freedesktop/secrets/collection/login";

const REPLIES: readonly (readonly [what: string, parts: ReplyParts, want: unknown])[] = [
  ["a path", { to: 2, path: PATH }, [2, undefined, PATH]],
  ["no path", { to: 2, path: "/" }, [2, undefined, "/"]],
  ["true", { to: 3, variant: true }, [3, undefined, true]],
  ["false", { to: 3, variant: false }, [3, undefined, false]],
  [
    "an error",
    { to: 7, error: "org.freedesktop.DBus.Error.ServiceUnknown" },
    [7, "org.freedesktop.DBus.Error.ServiceUnknown", undefined],
  ],
  ["the largest serial", { to: 0xffffffff, path: "/" }, [0xffffffff, undefined, "/"]],
  ["nothing", { to: 1 }, [1, undefined, undefined]],
];

Deno.test("decodeReply() reads answers and errors in both byte orders", async (t) => {
  for (const littleEndian of [true, false]) {
    for (const [what, parts, [to, error, value]] of REPLIES as [string, ReplyParts, unknown[]][]) {
      await t.step(`${what}, ${littleEndian ? "little" : "big"}-endian`, () => {
        const message = dbusReply({ ...parts, littleEndian });
        assert.equal(messageLength(message.subarray(0, FIXED_HEAD)), message.length);
        const reply = decodeReply(message);
        assert.deepEqual([reply.to, reply.error, reply.littleEndian], [to, error, littleEndian]);
        if (typeof value === "string") assert.equal(firstText(reply), value);
        if (typeof value === "boolean") assert.equal(firstVariantBoolean(reply), value);
      });
    }
  }
});

Deno.test("decodeReply() reads a message that begins anywhere in a buffer", () => {
  const message = dbusReply({ to: 5, path: PATH });
  const buffer = new Uint8Array(message.length + 3);
  buffer.set(message, 3);
  const reply = decodeReply(buffer.subarray(3));
  assert.deepEqual([reply.to, firstText(reply)], [5, PATH]);
});

Deno.test("decodeReply() takes an error's name only from an error", () => {
  const message = dbusReply({ to: 5, error: "org.example.Error" });
  message[1] = 2;
  assert.deepEqual([decodeReply(message).to, decodeReply(message).error], [5, undefined]);
});

Deno.test("firstVariantBoolean() takes nothing else for a boolean", () => {
  for (const type of ["s", "u", "i", "y", "v"]) {
    const message = dbusReply({ to: 1, variant: true });
    const reply = decodeReply(message);
    reply.body[1] = type.charCodeAt(0);
    assert.equal(firstVariantBoolean(reply), undefined);
  }
  const empty = decodeReply(dbusReply({ to: 1 }));
  assert.equal(firstVariantBoolean(empty), undefined);
});

Deno.test("decodeReply() ends on any bytes, with a reply or an error", () => {
  const read = (bytes: Uint8Array) => {
    try {
      messageLength(bytes);
      const reply = decodeReply(bytes);
      firstVariantBoolean(reply);
      firstText(reply);
    } catch (error) {
      assert.ok(error instanceof RangeError, String(error));
    }
  };
  forAll(fc.uint8Array({ maxLength: 200 }), read);
  const whole = dbusReply({ to: 2, path: PATH });
  for (let length = 0; length <= whole.length; length++) read(whole.slice(0, length));
  forAll(fc.nat(whole.length - 1), fc.nat(255), (at: number, value: number) => {
    const bytes = Uint8Array.from(whole);
    bytes[at] = value;
    read(bytes);
  });
});
