import fc from "fast-check";
import { expect, test } from "vitest";
import { readStrictObject } from "./strict-json.ts";

test("reads every object that JSON.stringify writes, and changes nothing", () => {
  const value = fc.dictionary(
    fc.string().filter((name) => name !== "__proto__"),
    fc.jsonValue({ maxDepth: 5, noUnicodeString: false }),
  );
  fc.assert(
    fc.property(value, fc.constantFrom(0, 1, 4), (object, indent) => {
      fc.pre(!JSON.stringify(object).includes('"__proto__":'));
      const text = JSON.stringify(object, null, indent);
      expect(readStrictObject(text)).toEqual(JSON.parse(text));
    }),
    { numRuns: 500 },
  );
});

test("refuses a member written twice, wherever it is put", () => {
  const name = fc.string({ minLength: 1 }).filter((text) => text !== "__proto__");
  const plain = fc.dictionary(name, fc.string(), { minKeys: 1, maxKeys: 6 });
  fc.assert(
    fc.property(plain, fc.nat(), fc.boolean(), (object, pick, isNested) => {
      const members = Object.entries(object).map(
        ([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`,
      );
      const once = `{${members}}`;
      const twice = `{${[...members, members[pick % members.length]]}}`;
      const wrap = (text: string) => (isNested ? `{"a":[1,{"b":${text}}]}` : text);
      expect(readStrictObject(wrap(once))).toBeDefined();
      expect(readStrictObject(wrap(twice))).toBeUndefined();
    }),
    { numRuns: 300 },
  );
});

test.each([
  ["the same name", '{"a":1,"a":1}'],
  ["a name and its escape", '{"a":1,"\\u0061":2}'],
  ["two escapes of a name", '{"\\u0022":1,"\\"":2}'],
  ["empty names", '{"":1,"":2}'],
  ["numbers as names", '{"1":1,"1":2}'],
  ["names that hold colons", '{"a:b":1,"a:b":2}'],
  ["an object that a later member hides", '{"a":{"b":1,"c":2},"a":{"d":1,"e":2}}'],
  ["members in an array's object", '{"a":[{"b":1,"b":2}]}'],
  ["a duplicate that is balanced by a colon in a value", '{"a":":","a":2}'],
])("refuses %s twice", (_what, text) => {
  expect(JSON.parse(text)).toBeDefined();
  expect(readStrictObject(text)).toBeUndefined();
});

test("is not misled by colons, quotes and backslashes in strings", () => {
  for (const text of ['{"a:b":"c:d"}', '{"a\\"":":\\\\"}', '{"\\\\":"\\"a\\":1,\\"a\\":2"}']) {
    expect(readStrictObject(text)).toEqual(JSON.parse(text));
  }
});

test.each([
  "",
  " ",
  "null",
  "1",
  '"a"',
  "[]",
  "[{}]",
  "true",
  "{",
  "{}x",
  "{} {}",
  "{a:1}",
  "{'a':1}",
])("refuses %j, which is not one object", (text) => {
  expect(readStrictObject(text)).toBeUndefined();
});

test.each(['{"a":1,}', '{"a":01}', '{"a":NaN}', '{"a":1}\0', '\ufeff{"a":1}', '{"a":"\n"}'])(
  "refuses %j, which only lenient readers read",
  (text) => {
    expect(readStrictObject(text)).toBeUndefined();
  },
);

const nestedObjects = (depth: number) => `${'{"a":'.repeat(depth - 1)}{}${"}".repeat(depth - 1)}`;
const nestedArrays = (depth: number) => `{"a":${"[".repeat(depth - 1)}${"]".repeat(depth - 1)}}`;

test("reads a depth of 32 and refuses 33", () => {
  expect(readStrictObject(nestedObjects(32))).toBeDefined();
  expect(readStrictObject(nestedObjects(33))).toBeUndefined();
  expect(readStrictObject(nestedArrays(32))).toBeDefined();
  expect(readStrictObject(nestedArrays(33))).toBeUndefined();
  expect(readStrictObject(nestedArrays(500_000))).toBeUndefined();
});

test.each(['{"__proto__":{"exp":1}}', '{"a":{"__proto__":null}}', '{"\\u005f_proto__":1}'])(
  "refuses %s, and no prototype changes",
  (text) => {
    expect(readStrictObject(text)).toBeUndefined();
    expect("exp" in {}).toBe(false);
  },
);

test.each(['{"a":"\\ud800"}', '{"\\udc00":1}', '{"a":["\\ud83d\\ud83d"]}'])(
  "refuses %s, which has half a surrogate pair",
  (text) => {
    expect(readStrictObject(text)).toBeUndefined();
  },
);

test("reads a whole surrogate pair", () => {
  expect(readStrictObject('{"a":"\\ud83d\\ude00"}')).toEqual({ a: "😀" });
});
