import { expect, test } from "vitest";
import { instant, instantOrNull, parseInstant } from "./instant.ts";

test.each([
  ["2030-01-31T12:00:00Z", "2030-01-31T12:00:00.000Z"],
  ["2030-01-31t12:00:00.5z", "2030-01-31T12:00:00.500Z"],
  ["2030-01-31T12:00:00.123456789Z", "2030-01-31T12:00:00.123Z"],
  ["2030-01-31T12:00:00+05:30", "2030-01-31T06:30:00.000Z"],
  ["9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z"],
  ["0000-01-01T00:00:00Z", "0000-01-01T00:00:00.000Z"],
  ["2028-02-29T23:59:59-00:00", "2028-02-29T23:59:59.000Z"],
])("reads %s as %s", (text, expected) => {
  expect(instant(parseInstant(text, "expiresAt"))).toBe(expected);
});

test.each([
  "",
  "tomorrow",
  "1893456000000",
  "2030-01-31",
  "2030-01-31T12:00:00",
  "2030-01-31 12:00:00Z",
  "2030-02-29T00:00:00Z",
  "2030-04-31T00:00:00Z",
  "2030-01-00T00:00:00Z",
  "2030-13-01T00:00:00Z",
  "2030-01-01T24:00:00Z",
  "2030-01-01T23:59:60Z",
  "2030-01-01T00:00:00+24:00",
  "+012030-01-01T00:00:00Z",
  // It has four digits of a year there, but not in UTC.
  "9999-12-31T23:59:59-00:01",
  "0000-01-01T00:00:00+00:01",
  "2030-01-01T00:00:00Z\n",
])("refuses %j and names the field", (text) => {
  expect(() => parseInstant(text, "expiresAt")).toThrow(
    expect.objectContaining({ code: "INVALID_REQUEST", details: { field: "expiresAt" } }),
  );
});

test("has no instant where there is none", () => {
  expect(instantOrNull(null)).toBeNull();
  expect(instantOrNull(0)).toBe("1970-01-01T00:00:00.000Z");
});
