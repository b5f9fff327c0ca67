import fc from "fast-check";
import { expect, test } from "vitest";
import { quoted } from "./quoted.ts";

test("writes every character as JSON.stringify does, at the ends of what is short and beyond", () => {
  for (let code = 0; code <= 0xffff; code += 1) {
    const character = String.fromCharCode(code);
    if (quoted(character) !== JSON.stringify(character)) expect(quoted(character)).toBe(code);
  }
  for (const length of [0, 1, 63, 64, 65, 1000]) {
    for (const end of ["", "a", '"', "\\", "\n", "\x7f", "é", "\ud800", "😀"]) {
      const text = "x".repeat(length) + end;
      expect(quoted(text)).toBe(JSON.stringify(text));
      expect(quoted(end + text)).toBe(JSON.stringify(end + text));
    }
  }
});

test("writes any text as JSON.stringify does", () => {
  const text = fc.oneof(fc.string(), fc.string({ unit: "binary" }), fc.string({ minLength: 50 }));
  fc.assert(
    fc.property(text, (drawn) => {
      expect(quoted(drawn)).toBe(JSON.stringify(drawn));
    }),
  );
});
