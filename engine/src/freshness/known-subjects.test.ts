import { expect, test } from "vitest";
import type { UserState } from "../domain/user.ts";
import { KnownSubjects } from "./known-subjects.ts";

const NOW = 1_800_000_000_000;
const aUser = (number: number): UserState => ({ id: "user_1", number, memberships: [] });

test("knows a user for good, as the last change left it", () => {
  const users = new KnownSubjects<UserState>(4, 5000);
  expect(users.find("user_1", NOW)).toBe("ask");
  users.learn("user_1", aUser(1), NOW);
  expect(users.find("user_1", NOW + 1e12)).toEqual(aUser(1));
  users.apply(aUser(2));
  expect(users.find("user_1", NOW)).toEqual(aUser(2));
  expect([users.has("user_1"), users.has("user_2")]).toEqual([true, false]);
});

test("believes that there is no such user to the last millisecond, or until a change", () => {
  const users = new KnownSubjects<UserState>(4, 5000);
  users.learn("user_1", undefined, NOW);
  expect(users.find("user_1", NOW + 4999)).toBe("unknown");
  expect(users.find("user_1", NOW + 5000)).toBe("ask");
  expect(users.has("user_1")).toBe(false);
  users.apply(aUser(1));
  expect(users.find("user_1", NOW)).toEqual(aUser(1));
});

test("keeps no user that nobody asked about", () => {
  const users = new KnownSubjects<UserState>(4, 5000);
  users.apply(aUser(1));
  expect(users.find("user_1", NOW)).toBe("ask");
});
