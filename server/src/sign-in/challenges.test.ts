import { expect, test } from "vitest";
import { createChallenges } from "./challenges.ts";

const clock = () => 0;
const [older, newer] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];

test("a challenge is known to whoever knows its master key, newest or not, and to nobody else", () => {
  const made = createChallenges({ masterKeys: [older], clock }).make("a page");
  const text = Buffer.from(made).toString("base64url");
  const rotating = createChallenges({ masterKeys: [newer, older], clock });
  expect(rotating.read(text, "a page")).toMatchObject({ expiresAt: 300_000 });
  expect(rotating.read(text, "another page")).toBeUndefined();
  expect(createChallenges({ masterKeys: [newer], clock }).read(text, "a page")).toBeUndefined();
});

test("a challenge ends at the very instant that it names", () => {
  let now = 0;
  const challenges = createChallenges({ masterKeys: [newer], clock: () => now });
  const text = Buffer.from(challenges.make("a page")).toString("base64url");
  now = 299_999;
  expect(challenges.read(text, "a page")).toMatchObject({ expiresAt: 300_000 });
  now = 300_000;
  expect(challenges.read(text, "a page")).toBeUndefined();
});
