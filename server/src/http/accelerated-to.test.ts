import { expect, test } from "vitest";
import { acceleratedTo } from "./accelerated-to.ts";

test.each([
  ["?accel=@api", "@api"],
  ["?headers=original&accel=@api-2_x", "@api-2_x"],
])("%s asks to go on at %s", (suffix, location) => {
  expect(acceleratedTo(suffix)).toEqual(["X-Accel-Redirect", location]);
});

test.each([
  ["nothing is asked for", ""],
  ["the query does not name it", "?headers=original&xaccel=@api"],
  ["the path is the client's, and its query too", "/v2/users?accel=@api"],
])("nothing is added when %s", (_when, suffix) => {
  expect(acceleratedTo(suffix)).toEqual([]);
});

test.each([
  "?accel=",
  "?accel=/files/secret",
  "?accel=@",
  "?accel=api",
  "?accel=@a%0d%0aX-Other:1",
  `?accel=@${"a".repeat(65)}`,
])("%j is refused", (suffix) => {
  expect(() => acceleratedTo(suffix)).toThrow("accel names a location of nginx");
});
