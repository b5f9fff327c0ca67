import { randomFillSync } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { DigestTable, RECORD_WORDS } from "./digest-table.ts";

const SLOTS = 64;

/** Few first words, so that many digests meet in one bucket, and few marks. */
const crowded = fc
  .tuple(fc.nat(3), fc.nat(1), fc.nat(50))
  .map(([home, mark, rest]) => [home, mark << 31, 0, 0, 0, 0, 0, rest].join());

function digestOf(name: string): Int32Array {
  return Int32Array.from(name.split(","), Number);
}

function randomDigest(): Int32Array {
  return randomFillSync(new Int32Array(8));
}

test("finds what was put in, and nothing that was taken out, however digests crowd", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), crowded), { maxLength: 200 }), (steps) => {
      const table = new DigestTable(SLOTS);
      const model = new Map<string, number>();
      const free = Array.from({ length: SLOTS }, (_, slot) => slot);
      for (const [put, name] of steps) {
        const digest = digestOf(name);
        const slot = model.get(name);
        if (put && slot === undefined && free.length > 0) {
          const next = free.pop() as number;
          table.insert(digest, next);
          model.set(name, next);
        } else if (!put && slot !== undefined) {
          table.remove(slot);
          model.delete(name);
          free.push(slot);
        }
        expect(table.find(digest)).toBe(model.get(name) ?? -1);
      }
      for (const [name, slot] of model) expect(table.find(digestOf(name))).toBe(slot);
    }),
  );
});

test("tells digests apart by every bit", () => {
  const table = new DigestTable(SLOTS);
  const digest = randomDigest();
  table.insert(digest, 0);
  for (let bit = 0; bit < 256; bit += 1) {
    const other = digest.slice();
    other[bit >> 5] = (other[bit >> 5] as number) ^ (1 << (bit & 31));
    expect(table.find(other)).toBe(-1);
  }
});

test("keeps everything when it grows, its owner's words too", () => {
  const table = new DigestTable(SLOTS);
  const digests = Array.from({ length: 1000 }, randomDigest);
  digests.forEach((digest, slot) => {
    if (slot === SLOTS) table.grow(1000);
    table.insert(digest, slot);
    table.words[slot * RECORD_WORDS + RECORD_WORDS - 1] = slot;
    table.doubles[(slot * RECORD_WORDS) / 2 + 4] = slot / 4;
  });
  expect(digests.map((digest) => table.find(digest))).toEqual(digests.map((_, slot) => slot));
  digests.forEach((_, slot) => {
    expect(table.words[slot * RECORD_WORDS + RECORD_WORDS - 1]).toBe(slot);
    expect(table.doubles[(slot * RECORD_WORDS) / 2 + 4]).toBe(slot / 4);
  });
});

test("refuses more slots than it can number, and takes as many as it can", () => {
  expect(() => new DigestTable(2 ** 24 - 1)).toThrow(RangeError);
  expect(() => new DigestTable(SLOTS).grow(2 ** 24 - 1)).toThrow(RangeError);
});
