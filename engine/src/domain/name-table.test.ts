import fc from "fast-check";
import { expect, test } from "vitest";
import { NameTable } from "./name-table.ts";

function aTable() {
  const names: string[] = [];
  const table = new NameTable((number) => names[number] as string);
  const add = (name: string, number: number) => {
    names[number] = name;
    table.add(name, number);
  };
  return { table, add };
}

test("finds what a Map finds, whatever comes and goes", () => {
  const step = fc.tuple(fc.boolean(), fc.string({ unit: "binary", maxLength: 5 }));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
      const { table, add } = aTable();
      const model = new Map<string, number>();
      const free: number[] = [];
      for (const [removes, name] of steps) {
        const number = model.get(name);
        if (number === undefined) {
          const next = free.pop() ?? model.size;
          model.set(name, next);
          add(name, next);
        } else if (removes) {
          model.delete(name);
          table.remove(number);
          free.push(number);
        }
        expect(table.find(name)).toBe(model.get(name) ?? -1);
        expect(table.size).toBe(model.size);
      }
      for (const [name, number] of model) expect(table.find(name)).toBe(number);
    }),
  );
});

test("tells names apart that differ in one character or in length, at every length", () => {
  const { table, add } = aTable();
  const names = Array.from({ length: 200 }, (_, length) => "a".repeat(length));
  names.forEach(add);
  for (const [number, name] of names.entries()) {
    expect(table.find(name)).toBe(number);
    if (name !== "") expect(table.find(`${name.slice(1)}b`)).toBe(-1);
    expect(table.find(`${name}\0`)).toBe(-1);
  }
});

test("keeps many, and finds them after others have left", () => {
  const { table, add } = aTable();
  const name = (number: number) => `key_${number.toString(16).padStart(24, "0")}`;
  for (let number = 0; number < 50_000; number += 1) add(name(number), number);
  for (let number = 0; number < 50_000; number += 2) table.remove(number);
  expect(table.size).toBe(25_000);
  for (let number = 0; number < 50_000; number += 1) {
    expect(table.find(name(number))).toBe(number % 2 === 0 ? -1 : number);
  }
});

test("refuses a number that it could not tell from another", () => {
  const { table, add } = aTable();
  expect(() => table.add("a", 16_777_214)).toThrow(RangeError);
  expect(table.size).toBe(0);
  add("b", 16_777_213);
  expect(table.find("b")).toBe(16_777_213);
});
