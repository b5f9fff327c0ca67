import fc from "fast-check";
import { expect, test } from "vitest";
import { createHeaderMembers, headersObject } from "./header-members.ts";

const VALUES = ["", "1", "x", "2.0", '"hour";r=9', "a\\b", "\n", "é", "\ud800", "x".repeat(65)];
/** Also those that an object has in another order, or not at all. */
const NAMES = ["A", "a", "B", 'q"', "é", "1", "0", "01", "__proto__", "constructor", ""];
const header = fc.tuple(fc.constantFrom(...NAMES), fc.constantFrom(...VALUES));
const few = fc.array(header, { maxLength: 3 });
const headers = fc.oneof(few, few, fc.array(header, { minLength: 30, maxLength: 40 }));

/** What stands between the braces of an object. */
function inside(object: object): string {
  return JSON.stringify(object).slice(1, -1);
}

test.each([[[]], [["A"]], [["B", "C"]]])(
  "writes headers after %j as JSON.stringify does, or says that it cannot, whatever came before",
  (namesBefore) => {
    const before = namesBefore.flatMap((name) => [name, "v"]);
    const start = inside(headersObject(before));
    fc.assert(
      fc.property(fc.array(headers, { minLength: 1, maxLength: 12 }), (several) => {
        const membersOf = createHeaderMembers(namesBefore);
        for (const each of several) {
          const flat = each.flat();
          const object = headersObject([...before, ...flat]);
          const names = [...namesBefore, ...each.map(([name]) => name)];
          const isInOrder = Object.keys(object).join("\0") === names.join("\0");
          const members = membersOf(flat);
          expect(members === undefined).toBe(!isInOrder);
          if (members !== undefined) expect(start + members).toBe(inside(object));
        }
      }),
      { numRuns: 500 },
    );
  },
);
