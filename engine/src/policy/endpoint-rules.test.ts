import { expect, test } from "vitest";
import { readEndpoints, reportRepeatedPatterns } from "./endpoint-rules.ts";
import type { Place } from "./shape.ts";

test("endpoints without a pattern are not told to be the same", () => {
  const place: Place = { path: "endpoints", problems: [] };
  reportRepeatedPatterns(readEndpoints([{ match: 5 }, {}], place));
  expect(place.problems.map(({ path, text }) => `${path}: ${text}`)).toEqual([
    'endpoints[0].match: found 5; expected a pattern such as "GET /v2/users/**"',
    'endpoints[1].match: found nothing; expected a pattern such as "GET /v2/users/**"',
  ]);
});
