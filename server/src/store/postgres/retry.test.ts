import { expect, test } from "vitest";
import { retry } from "./retry.ts";

/** Fails so many times, then answers which try it was. */
function failing(times: number, error = new Error("conflict")) {
  const tries: number[] = [];
  const attempt = async (number: number) => {
    tries.push(number);
    if (tries.length <= times) throw error;
    return number;
  };
  return { attempt, tries };
}

const always = { isRetryable: () => true, deadlineMillis: 10_000 };

test("tries again until it succeeds, and says which try it is", async () => {
  const { attempt, tries } = failing(2);
  expect(await retry(attempt, always)).toBe(3);
  expect(tries).toEqual([1, 2, 3]);
});

test("does not try again after an error that would only repeat itself", async () => {
  const error = new Error("no such column");
  const { attempt, tries } = failing(9, error);
  const attempted = retry(attempt, { ...always, isRetryable: (seen) => seen !== error });
  await expect(attempted).rejects.toBe(error);
  expect(tries).toEqual([1]);
});

test("rejects with the last error when the next pause would pass the deadline", async () => {
  const { attempt, tries } = failing(1000);
  await expect(retry(attempt, { ...always, deadlineMillis: 400 })).rejects.toThrow("conflict");
  expect(tries.length).toBeGreaterThan(1);
  expect(tries.length).toBeLessThan(10);
});
