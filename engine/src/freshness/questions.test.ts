import { afterEach, expect, test, vi } from "vitest";
import { type Asking, Questions } from "./questions.ts";

const TIMEOUT = 2500;

afterEach(() => {
  vi.useRealTimers();
});

/** A source that answers when the test says so, and what it was asked. */
function aSource() {
  const asked: string[] = [];
  const answers: (() => void)[] = [];
  const asking = (question: string, more: Partial<Asking> = {}): Asking => ({
    question,
    asker: "a",
    isAdmitted: () => true,
    attempt: () => {
      asked.push(question);
      return new Promise((resolve) => answers.push(() => resolve(true)));
    },
    ...more,
  });
  return { asked, answers, asking };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test("one asker's burst does not keep another's question waiting", async () => {
  const { asked, answers, asking } = aSource();
  const questions = new Questions(TIMEOUT);
  for (let i = 0; i < 2000; i += 1) void questions.ask(asking(`burst ${i}`));
  const other = questions.ask(asking("other", { asker: "b" }));
  answers.shift()?.();
  await settled();
  answers.shift()?.();
  await settled();
  expect(asked).toContain("other");
  while (answers.length > 0) {
    for (const answer of answers.splice(0)) answer();
    await settled();
  }
  expect(await other).toBe("answered");
  // 64 under way and 512 that waited; the others were told at once.
  expect(asked).toHaveLength(64 + 512 + 1);
});

test("of however many askers 8,192 questions wait, and more are refused at once", async () => {
  const { asked, answers, asking } = aSource();
  const questions = new Questions(TIMEOUT);
  let refused = 0;
  const ask = (asker: number, i: number) =>
    questions.ask(asking(`${asker} ${i}`, { asker: `${asker}` })).then((outcome) => {
      if (outcome === "unavailable") refused += 1;
    });
  const all: Promise<void>[] = [];
  for (let i = 0; i < 64; i += 1) all.push(ask(0, i));
  for (let i = 0; i < 10_000; i += 1) all.push(ask(1 + (i % 20), i));
  await settled();
  expect([asked.length, refused]).toEqual([64, 10_000 - 8192]);
  answers.shift()?.();
  await settled();
  all.push(ask(21, 0), ask(21, 1));
  await settled();
  expect([asked.length, refused]).toEqual([65, 10_000 - 8192 + 1]);
  while (answers.length > 0) {
    for (const answer of answers.splice(0)) answer();
    await settled();
  }
  await Promise.all(all);
  expect(asked).toHaveLength(64 + 8192 + 1);
});

test("who is not admitted any more when the turn comes is not asked for", async () => {
  const { asked, answers, asking } = aSource();
  const questions = new Questions(TIMEOUT);
  for (let i = 0; i < 64; i += 1) void questions.ask(asking(`${i}`));
  let admitted = true;
  const late = questions.ask(asking("late", { isAdmitted: () => admitted }));
  admitted = false;
  answers[0]?.();
  expect(await late).toBe("throttled");
  expect(asked).not.toContain("late");
});

test("an attempt that was overtaken is made again, three times at most", async () => {
  let attempts = 0;
  const asking = (keptAt: number): Asking => ({
    question: `kept at ${keptAt}`,
    asker: "a",
    isAdmitted: () => true,
    attempt: async () => {
      attempts += 1;
      return attempts === keptAt;
    },
  });
  expect(await new Questions(TIMEOUT).ask(asking(3))).toBe("answered");
  attempts = 0;
  expect(await new Questions(TIMEOUT).ask(asking(4))).toBe("unavailable");
  expect(attempts).toBe(3);
});

test("no question takes longer than the timeout, nor are more asked of a source that hangs", async () => {
  vi.useFakeTimers();
  let open = 0;
  const hanging = (question: string): Asking => ({
    question,
    asker: question,
    isAdmitted: () => true,
    attempt: () => {
      open += 1;
      return new Promise(() => undefined);
    },
  });
  const questions = new Questions(TIMEOUT);
  const all = Array.from({ length: 400 }, (_, i) => questions.ask(hanging(`${i}`)));
  await vi.advanceTimersByTimeAsync(TIMEOUT);
  expect(new Set(await Promise.all(all))).toEqual(new Set(["unavailable"]));
  expect(open).toBe(64);
  await vi.advanceTimersByTimeAsync(3 * TIMEOUT);
  const after = questions.ask({ ...hanging("after"), attempt: async () => true });
  await vi.advanceTimersByTimeAsync(0);
  expect(await after).toBe("answered");
});

test("an attempt whose answer is late is told so, and keeps nothing", async () => {
  vi.useFakeTimers();
  let isLate: () => boolean = () => false;
  let answer: (kept: boolean) => void = () => undefined;
  const questions = new Questions(TIMEOUT);
  const asked = questions.ask({
    question: "q",
    asker: "a",
    isAdmitted: () => true,
    attempt: (late) => {
      isLate = late;
      return new Promise((resolve) => {
        answer = resolve;
      });
    },
  });
  expect(isLate()).toBe(false);
  await vi.advanceTimersByTimeAsync(TIMEOUT);
  expect(await asked).toBe("unavailable");
  expect(isLate()).toBe(true);
  answer(false);
});

test("a place that was held too long is given up once, whenever its answer comes", async () => {
  vi.useFakeTimers();
  const { asked, answers, asking } = aSource();
  const questions = new Questions(TIMEOUT);
  for (let i = 0; i < 64; i += 1) void questions.ask(asking(`old ${i}`));
  await vi.advanceTimersByTimeAsync(4 * TIMEOUT);
  for (let i = 0; i < 100; i += 1) void questions.ask(asking(`new ${i}`));
  for (const answer of answers.slice(0, 64)) answer();
  await vi.advanceTimersByTimeAsync(0);
  expect(asked).toHaveLength(64 + 64);
});
