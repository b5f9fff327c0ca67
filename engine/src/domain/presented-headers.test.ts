import { expect, test } from "vitest";
import { PresentedHeaders } from "./presented-headers.ts";

function read(...lines: string[]) {
  const headers = new PresentedHeaders(["authorization", "x-api-key"], ["x-api-version"]);
  return { headers, duplicated: headers.read(lines) };
}

test.each(["Authorization", "authorization", "AUTHORIZATION", "aUTHORIZATION"])(
  "finds %s",
  (name) => {
    const { headers } = read("Host", "a", name, "Bearer token", "Accept", "*/*");
    expect(headers.at(headers.numberOf("authorization"))).toBe("Bearer token");
    expect(headers.bearer).toMatchObject({ start: 7, length: 5 });
    expect(headers.hasCredential).toBe(true);
  },
);

test("is not taken in by names of the same length, or 32 more, or that differ by one bit", () => {
  const { headers } = read(
    ...[
      "Authorisation",
      "a",
      "X-Api-Kex",
      "b",
      "x-api-key".padEnd(41, "y"),
      "c",
      "x\rapi-key",
      "d",
    ],
  );
  expect(headers.hasCredential).toBe(false);
  expect(headers.at(headers.numberOf("authorization"))).toBeUndefined();
  expect(headers.at(headers.numberOf("x-api-key"))).toBeUndefined();
});

test("an empty credential header is one that is there; another header is no credential", () => {
  expect(read("X-API-KEY", "").headers.hasCredential).toBe(true);
  const { headers } = read("X-API-Version", "2.0");
  expect(headers.at(headers.numberOf("x-api-version"))).toBe("2.0");
  expect(headers.hasCredential).toBe(false);
});

test.each(["authorization", "x-api-key", "x-api-version"])(
  "says that %s was sent twice",
  (name) => {
    expect(read(name, "", "Host", "a", name.toUpperCase(), "b").duplicated).toBe(name);
    expect(read(name, "", "Host", "a").duplicated).toBeUndefined();
  },
);

test("forgets the request before", () => {
  const { headers } = read("Authorization", "Bearer token", "X-API-Version", "2.0");
  expect(headers.read(["Host", "a"])).toBeUndefined();
  expect(headers.at(headers.numberOf("authorization"))).toBeUndefined();
  expect(headers.at(headers.numberOf("x-api-version"))).toBeUndefined();
  expect(headers.hasCredential).toBe(false);
  expect(headers.bearer.start).toBe(-1);
});

test("joins the lines of a list in their order", () => {
  const headers = new PresentedHeaders(["authorization"], [], { lists: ["x-api-version"] });
  const version = () => headers.at(headers.numberOf("x-api-version"));
  headers.read(["X-API-Version", "1.0", "Host", "x-api-version", "x-api-version", "2.0"]);
  expect(version()).toBe("1.0, 2.0");
  headers.read(["x-api-version", "1.0", "x-api-version", "", "X-Api-Version", "2.0"]);
  expect(version()).toBe("1.0, , 2.0");
  headers.read(["x-api-version", "1.0"]);
  expect(version()).toBe("1.0");
});

test("does not see an empty line where an API takes bare keys", () => {
  const options = { lists: ["x-api-version"], bareKeys: true };
  const headers = new PresentedHeaders(["authorization"], [], options);
  headers.read(["Authorization", "", "x-api-version", "", "x-api-version", "2.0"]);
  expect(headers.hasCredential).toBe(false);
  expect(headers.named("x-api-version")).toBe("2.0");
  headers.read(["x-api-version", "1.0", "x-api-version", "", "x-api-version", "2.0"]);
  expect(headers.named("x-api-version")).toBe("1.0, 2.0");
});

test("tells by bits which headers are there", () => {
  const { headers } = read("X-API-Key", "key", "X-API-Version", "2.0");
  const bits = (...names: string[]) => headers.bitsOf(names);
  expect(headers.hasAny(bits("authorization", "x-api-key"))).toBe(true);
  expect(headers.hasAny(bits("authorization"))).toBe(false);
  expect(headers.hasAny(bits())).toBe(false);
});

test("reads at most 31 headers", () => {
  const names = (count: number) => Array.from({ length: count }, (_, i) => `x-${i}`);
  const headers = new PresentedHeaders([], names(31));
  headers.read(["x-30", "last", "x-0", "first"]);
  expect([headers.named("x-30"), headers.named("x-0")]).toEqual(["last", "first"]);
  expect(headers.hasAny(headers.bitsOf(["x-30"]))).toBe(true);
  expect(() => new PresentedHeaders([], names(32))).toThrow(RangeError);
});
