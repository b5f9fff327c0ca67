import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { ownText } from "./own-text.ts";

test("is the same text", () => {
  for (const text of ["", "a", "é 𝕏 \u0000"]) expect(ownText(text)).toBe(text);
});

test("keeps nothing of the text that it was a part of", () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const heads = (part: (text: string) => string) => {
    collect();
    const before = process.memoryUsage().heapUsed;
    const kept = Array.from({ length: 200 }, (_, i) =>
      part(
        Buffer.alloc(100_000, 97 + (i % 26))
          .toString("latin1")
          .slice(10, 40),
      ),
    );
    collect();
    return { kept: kept.length, bytes: process.memoryUsage().heapUsed - before };
  };
  expect(heads((text) => text).bytes).toBeGreaterThan(15_000_000);
  expect(heads(ownText).bytes).toBeLessThan(5_000_000);
});
