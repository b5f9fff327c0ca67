import { expect, test } from "vitest";
import { createSealing, type SealedPlace, SealingError } from "./sealing.ts";

const OLD = new Uint8Array(32).fill(1);
const NEW = new Uint8Array(32).fill(2);
const PLACE: SealedPlace = {
  table: "credential",
  column: "material",
  api: "standard",
  row: "jws_1/sec_1",
};
const PLAIN = new TextEncoder().encode("a secret of thirty-two bytes or more");

test.each([new Uint8Array(), PLAIN, new Uint8Array(1024).fill(255)])(
  "opens what it sealed, in its place (%#)",
  (plain) => {
    const sealing = createSealing([NEW]);
    expect([...sealing.open(sealing.seal(plain, PLACE), PLACE)]).toEqual([...plain]);
  },
);

test("nothing of the plain text is in the sealed one, and no two are alike", () => {
  const sealing = createSealing([NEW]);
  const [one, two] = [sealing.seal(PLAIN, PLACE), sealing.seal(PLAIN, PLACE)].map((sealed) =>
    Buffer.from(sealed).toString("latin1"),
  );
  expect(one).not.toBe(two);
  expect(one).not.toContain("secret");
  expect(one).toHaveLength(PLAIN.length + 33);
});

test("a replaced master key opens what it sealed, and seals nothing more", () => {
  const sealed = createSealing([OLD]).seal(PLAIN, PLACE);
  const both = createSealing([NEW, OLD]);
  expect(both.isNewest(sealed)).toBe(false);
  const again = both.seal(both.open(sealed, PLACE), PLACE);
  expect(both.isNewest(again)).toBe(true);
  expect([...createSealing([NEW]).open(again, PLACE)]).toEqual([...PLAIN]);
});

test("a master key that is only prepared opens what others seal, and seals nothing yet", () => {
  const prepared = createSealing([OLD, NEW]);
  const theirs = createSealing([NEW]).seal(PLAIN, PLACE);
  expect([...prepared.open(theirs, PLACE)]).toEqual([...PLAIN]);
  const ours = prepared.seal(PLAIN, PLACE);
  expect([prepared.isNewest(ours), prepared.isNewest(theirs)]).toEqual([true, false]);
  expect([...createSealing([OLD]).open(ours, PLACE)]).toEqual([...PLAIN]);
  expect(() => createSealing([NEW]).open(ours, PLACE)).toThrow(SealingError);
});

test("a dropped master key's values are refused, and the message says so", () => {
  const sealed = createSealing([OLD]).seal(PLAIN, PLACE);
  const open = () => createSealing([NEW]).open(sealed, PLACE);
  expect(open).toThrow(SealingError);
  expect(open).toThrow(
    "credential.material of jws_1/sec_1 in standard is sealed under another LATCHKEY_SECRET.",
  );
});

test.each<[keyof SealedPlace, string]>([
  ["table", "application"],
  ["column", "digest"],
  ["api", "other"],
  ["row", "jws_1/sec_2"],
  ["row", "jws_2/sec_1"],
])("a value moved to another %s (%s) does not open", (part, name) => {
  const sealing = createSealing([NEW]);
  const sealed = sealing.seal(PLAIN, PLACE);
  expect(() => sealing.open(sealed, { ...PLACE, [part]: name })).toThrow("sealed for another row");
});

test("names that run into each other are other places", () => {
  const sealing = createSealing([NEW]);
  const sealed = sealing.seal(PLAIN, { ...PLACE, table: "ab", column: "c" });
  expect(() => sealing.open(sealed, { ...PLACE, table: "a", column: "bc" })).toThrow(SealingError);
});

test("one flipped bit anywhere is refused", () => {
  const sealing = createSealing([NEW]);
  const sealed = sealing.seal(PLAIN, PLACE);
  for (let bit = 0; bit < sealed.length * 8; bit += 1) {
    const flipped = Uint8Array.from(sealed);
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    expect(() => sealing.open(flipped, PLACE), `bit ${bit}`).toThrow(SealingError);
  }
});

test.each([0, 1, 32])("%i bytes are no sealed value", (length) => {
  const open = () => createSealing([NEW]).open(new Uint8Array(length).fill(1), PLACE);
  expect(open).toThrow("has no form of a sealed value");
});
