import { stat } from "node:fs/promises";
import { expect, test } from "vitest";
import { within } from "./within.ts";

test("what is answered in time is passed on, value or error", async () => {
  expect(await within(1000, Promise.resolve("yes"))).toBe("yes");
  await expect(within(1000, Promise.reject(new Error("no")))).rejects.toThrow("no");
});

test("what is not answered is given up", async () => {
  await expect(within(20, new Promise(() => undefined))).rejects.toThrow("no answer within 20 ms");
});

test("the time before the question could be written is not counted", async () => {
  const asked = new Promise((resolve) =>
    setImmediate(() => stat(import.meta.filename).then(resolve)),
  );
  const answer = within(300, asked);
  const busyUntil = performance.now() + 400;
  while (performance.now() < busyUntil);
  await answer;
});

test("an answer that came in time counts, although this process was too busy to read it", async () => {
  const asked = within(20, stat(import.meta.filename));
  const busyUntil = performance.now() + 300;
  while (performance.now() < busyUntil);
  expect((await asked).isFile()).toBe(true);
});
