import fc from "fast-check";
import { expect, test } from "vitest";
import { Marked, MarkReader } from "./token-mark.ts";

const READER = new MarkReader();
const END = "e".repeat(64);

function markOf(text: string, start = 0, reader = READER): Marked<string> {
  expect(reader.read({ text, start })).toBe(true);
  return reader.mark("kept");
}

function isOne(text: string, mark: Marked<string>, start = 0): boolean {
  return READER.read({ text, start }) && READER.isOf(mark);
}

function endOf({ a, b, c, d, e, f, g, h }: Marked<string>): Int32Array {
  return Int32Array.of(a, b, c, d, e, f, g, h);
}

/** Tokens of many lengths, most of them alike but for a character somewhere. */
const ascii = fc.integer({ min: 0, max: 127 }).map((code) => String.fromCharCode(code));
const token = fc
  .tuple(fc.constantFrom(64, 65, 66, 67, 128, 300, 1088, 1089, 3000, 8192), fc.nat(), ascii)
  .map(([length, seed, other]) => {
    const at = seed % length;
    return `${"t".repeat(at)}${other}${"t".repeat(length - at - 1)}`;
  });
const before = fc.constantFrom("", "B", "Be", "Bearer ", "bearer    ");

test("two tokens have one mark only if they are the same, wherever they stand in a text", () => {
  fc.assert(
    fc.property(token, token, before, before, (a, b, beforeA, beforeB) => {
      fc.pre(beforeA.length + a.length <= 8192 && beforeB.length + b.length <= 8192);
      const mark = markOf(beforeA + a, beforeA.length);
      expect(isOne(beforeB + b, mark, beforeB.length)).toBe(a === b);
      expect(isOne(beforeB + a.slice(0, 8000), mark, beforeB.length)).toBe(a.length <= 8000);
    }),
    { numRuns: 2000 },
  );
});

test("a mark is compared to its last word", () => {
  const text = `a.b.${END}`;
  const mark = markOf(text);
  expect(isOne(text, mark)).toBe(true);
  for (let bit = 0; bit < 256; bit += 1) {
    const end = endOf(mark).map((word, i) => (i === bit >> 5 ? word ^ (1 << (bit & 31)) : word));
    expect(isOne(text, new Marked(end, mark.rest, "kept"))).toBe(false);
  }
});

test("of two tokens with one signature neither has the other's mark", () => {
  for (const length of [1, 2, 40, 1024, 1025, 4000]) {
    const rest = "r".repeat(length);
    const mark = markOf(rest + END);
    for (const other of ["", "r", `${rest}r`, `${rest.slice(1)}s`, `s${rest.slice(1)}`]) {
      expect([length, isOne(other + END, mark)]).toEqual([length, other === rest]);
    }
  }
});

test("what is kept of the longest token is short, and does not do for a short token's", () => {
  const kept = markOf("r".repeat(1024) + END);
  expect(kept.rest).toBe("r".repeat(1024));
  for (const length of [1025, 8128]) {
    const long = markOf("r".repeat(length) + END);
    expect(long.rest).toHaveLength(32);
    expect(endOf(long)).not.toEqual(endOf(kept));
  }
});

test("a mark holds nothing of the signature, and means nothing under another key", () => {
  const mark = markOf(`a.b.${END}`);
  expect(mark.rest).toBe("a.b.");
  expect(endOf(markOf(`a.b.${END}`, 0, new MarkReader()))).not.toEqual(endOf(mark));
});

test.each([
  ["shorter than any token", "t".repeat(63), false],
  ["as short as one", "t".repeat(64), true],
  ["as long as one", "t".repeat(8192), true],
  ["longer than any", "t".repeat(8193), false],
  ["not ASCII at its end", `${END}\u0080`, false],
  ["not ASCII in front", `\u00e9${END}`, false],
  ["a character whose last byte is a letter's", `${END}\u0174`, false],
  ["half a character", `${END}\ud83d`, false],
  ["as long as one, of three bytes each", "\u20ac".repeat(8192), false],
  ["as long as one, with two characters of two bytes", `${"t".repeat(8190)}\u00e9\u00e9`, false],
  ["as long as one, with a long character at its end", `${"t".repeat(8190)}\u{1f511}`, false],
])("reads what is %s: %#", (_what, text, isRead) => {
  expect(READER.read({ text, start: 0 })).toBe(isRead);
});

test("a token that was read just before is read again, whatever came between", () => {
  const text = `Bearer a.b.${END}`;
  const mark = markOf(text, 7);
  const between = ["", "\u00e9".repeat(80), `a.c.${END}`, `Bearer a.b.${END}`];
  for (const other of between) {
    READER.read({ text, start: 7 });
    READER.read({ text: other, start: 0 });
    expect(READER.readAgain({ text, start: 7 })).toBe(true);
    expect(READER.isOf(mark)).toBe(true);
    expect(READER.mark("kept")).toEqual(mark);
  }
  for (const none of ["", "short"]) {
    READER.read({ text: "\u00e9".repeat(80), start: 0 });
    expect(READER.readAgain({ text: none, start: 0 })).toBe(false);
    expect(new MarkReader().readAgain({ text: none, start: 0 })).toBe(false);
  }
});

test("counts what follows its start alone", () => {
  expect(READER.read({ text: `Bearer ${"t".repeat(63)}`, start: 7 })).toBe(false);
  expect(READER.read({ text: `Bearer ${"t".repeat(64)}`, start: 7 })).toBe(true);
});
