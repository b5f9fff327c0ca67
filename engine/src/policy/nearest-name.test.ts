import { expect, test } from "vitest";
import { nearestName, suggestion } from "./nearest-name.ts";

test.each([
  ["endpoint", ["endpoints", "extends"], "endpoints"],
  ["read:project", ["read:users", "read:projects"], "read:projects"],
  ["GET", ["get"], "get"],
  ["raed", ["read", "write"], undefined],
  ["x", ["y"], "y"],
  ["x", ["yz"], undefined],
  ["same", ["same"], undefined],
  ["anything", [], undefined],
  ["a".repeat(129), ["a".repeat(128)], undefined],
])("%s among %j: %s", (name, names, nearest) => {
  expect(nearestName(name, names)).toBe(nearest);
});

test("is put in a question, or not at all", () => {
  expect(suggestion("user", ["users"])).toBe('; did you mean "users"?');
  expect(suggestion("user", ["projects"])).toBe("");
});
