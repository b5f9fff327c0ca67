import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeBase64url, decodeBase64urlText } from "./base64url.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);

// RFC 4648 §10, without padding.
test.each([
  ["", ""],
  ["f", "Zg"],
  ["fo", "Zm8"],
  ["foo", "Zm9v"],
  ["foob", "Zm9vYg"],
  ["fooba", "Zm9vYmE"],
  ["foobar", "Zm9vYmFy"],
])("reads %j", (text, encoded) => {
  expect(Uint8Array.from(decodeBase64url(encoded) ?? [])).toEqual(bytesOf(text));
  expect(decodeBase64urlText(encoded)).toBe(text);
});

test("reads what the encoder writes, whatever the bytes", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      const encoded = Buffer.from(bytes).toString("base64url");
      expect(Uint8Array.from(decodeBase64url(encoded) ?? [])).toEqual(bytes);
    }),
  );
});

test("accepts no two texts for the same bytes", () => {
  const digits = "AaQgwz019-_+/= \n.=é\u0100\0";
  const text = fc.string({ unit: fc.constantFrom(...digits), maxLength: 9 });
  fc.assert(
    fc.property(text, (encoded) => {
      const bytes = decodeBase64url(encoded);
      if (bytes !== undefined) expect(Buffer.from(bytes).toString("base64url")).toBe(encoded);
    }),
    { numRuns: 2000 },
  );
});

test.each([
  ["an impossible length", "A"],
  ["an impossible length of five", "Zm9vY"],
  ["padding", "Zg=="],
  ["unused bits in two digits", "Zh"],
  ["unused bits in three digits", "Zm9"],
  ["the digits of base64", "+/+/"],
  ["a space within", "Zm 9v"],
  ["a line end behind", "Zm9v\n"],
  ["a line end within", "Zm9v\r\nYmFy"],
  ["a NUL", "Zm9v\0"],
  ["a dot", "Zm9v.YmFy"],
  ["a letter that is not ASCII", "Zm9é"],
  ["a letter whose low byte is a digit's", "Zm9\u0176"],
])("refuses %s", (_what, encoded) => {
  expect(decodeBase64url(encoded)).toBeUndefined();
  expect(decodeBase64urlText(encoded)).toBeUndefined();
});

const encoded = (bytes: readonly number[]) => Buffer.from(bytes).toString("base64url");

test("reads UTF-8 of every length, and keeps a BOM", () => {
  const text = "\ufeffaé€😀\0\ufffd";
  expect(decodeBase64urlText(encoded([...bytesOf(text)]))).toBe(text);
});

test.each([
  ["a lone continuation", [0x80]],
  ["a cut sequence", [0x61, 0xc3]],
  ["an overlong NUL", [0xc0, 0x80]],
  ["an overlong slash", [0xe0, 0x80, 0xaf]],
  ["half a surrogate pair", [0xed, 0xa0, 0x80]],
  ["more than U+10FFFF", [0xf4, 0x90, 0x80, 0x80]],
  ["Latin-1", [0xe9, 0x61]],
  ["a byte that UTF-8 never has", [0xff]],
])("refuses as text %s", (_what, bytes) => {
  expect(decodeBase64url(encoded(bytes))).toBeDefined();
  expect(decodeBase64urlText(encoded(bytes))).toBeUndefined();
});

test("reads as text what the strict decoder reads, of every length", () => {
  const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const strictly = (bytes: Uint8Array) => {
    try {
      return strict.decode(bytes);
    } catch {
      return undefined;
    }
  };
  const few = fc.uint8Array({ maxLength: 40 });
  const text = fc.string({ unit: "grapheme", maxLength: 40 }).map(bytesOf);
  const filled = fc.constantFrom(0, 0, 0, 6100, 6144, 9000).map((n) => new Uint8Array(n).fill(97));
  fc.assert(
    fc.property(filled, text, fc.oneof(few, text), (before, middle, end) => {
      const bytes = Buffer.concat([before, middle, end]);
      expect(decodeBase64urlText(bytes.toString("base64url"))).toBe(strictly(bytes));
    }),
    { numRuns: 2000 },
  );
});
