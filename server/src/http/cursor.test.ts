import { expect, test } from "vitest";
import { createCursors } from "./cursor.ts";

const MASTER = new Uint8Array(32).fill(1);
const OTHER = new Uint8Array(32).fill(2);
const PAGE_KEY = { at: 1_700_000_000_000, id: "key_0123456789abcdef01234567" };

test("gives back the page key that went in", () => {
  const cursors = createCursors([MASTER]);
  const cursor = cursors.write("standard/api-keys", PAGE_KEY);
  expect(cursor).toMatch(/^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{22}$/);
  expect(cursors.read("standard/api-keys", cursor ?? undefined)).toEqual(PAGE_KEY);
});

test("has no cursor after the last page, and starts at the front without one", () => {
  const cursors = createCursors([MASTER]);
  expect(cursors.write("standard/api-keys", null)).toBeNull();
  expect(cursors.read("standard/api-keys", undefined)).toBeUndefined();
});

test("still takes a cursor signed under a master key that is being retired", () => {
  const cursor = createCursors([OTHER]).write("standard/users", PAGE_KEY) ?? "";
  expect(createCursors([MASTER, OTHER]).read("standard/users", cursor)).toEqual(PAGE_KEY);
});

const CURSOR = createCursors([MASTER]).write("standard/users", PAGE_KEY) ?? "";

test.each([
  ["of another list", "standard/api-keys", CURSOR],
  ["with an altered payload", "standard/users", `A${CURSOR.slice(1)}`],
  ["with an altered tag", "standard/users", `${CURSOR.slice(0, -2)}AA`],
  ["whose tag spells the same bytes otherwise", "standard/users", respelled(CURSOR)],
  ["without a tag", "standard/users", CURSOR.split(".")[0] ?? ""],
  ["that is empty", "standard/users", ""],
  ["that is no base64url", "standard/users", "%%%.%%%"],
  ["that is long", "standard/users", `${"A".repeat(500)}.${"A".repeat(22)}`],
  [
    "of another deployment",
    "standard/users",
    createCursors([OTHER]).write("standard/users", PAGE_KEY) ?? "",
  ],
])("refuses a cursor %s", (_what, list, cursor) => {
  expect(() => createCursors([MASTER]).read(list, cursor)).toThrow(
    expect.objectContaining({ code: "INVALID_CURSOR", details: { field: "cursor" } }),
  );
});

/** The last of 22 characters carries 2 bits only: 16 spellings decode alike. */
function respelled(cursor: string): string {
  const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  return cursor.slice(0, -1) + digits[digits.indexOf(cursor.at(-1) ?? "") ^ 1];
}
