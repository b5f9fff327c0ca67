import { expect } from "vitest";
import type { Answer } from "../answer.ts";
import type { RunningServer } from "../running-server.ts";

/** What the standard profile answers, whole. */
const PROFILE_REFUSALS: Readonly<Record<number, string>> = {
  400: '{"error":{"code":"INVALID_REQUEST","message":"The request is malformed"}}',
  401: '{"error":{"code":"UNAUTHORIZED","message":"Invalid or missing authentication credentials"}}',
  403: '{"error":{"code":"FORBIDDEN","message":"Insufficient permissions for this operation"}}',
};

/** Checks a refusal in the words of the API's own document. */
export function expectProfileRefusal({ status, text, headers }: Answer, expected: number): void {
  expect({ status, text }).toEqual({ status: expected, text: PROFILE_REFUSALS[expected] });
  expect(headers["content-type"]).toBe("application/json; charset=utf-8");
  expect(headers["x-request-id"]).toMatch(/^[A-Za-z0-9._-]{1,128}$/);
}

/** Checks a refusal of the management API; `field` is the wrong member or header. */
export function expectRefusal(
  { status, text, headers }: Answer,
  expected: number,
  code: string,
  field?: string,
): void {
  expect({ status, text }).toMatchObject({ status: expected });
  expect(headers["content-type"]).toBe("application/json; charset=utf-8");
  const { error, ...rest } = JSON.parse(text);
  expect(rest).toEqual({});
  expect(error).toMatchObject({ code, message: expect.stringMatching(/^.{5,400}$/s) });
  if (field !== undefined) expect(error.details?.field, text).toBe(field);
  expect(error.requestId).toBe(headers["x-request-id"]);
  // Nothing of our insides: no stack, no path of a source, no words of the database's.
  expect(text).not.toMatch(/\bat \S+ \(|node_modules|\.[jt]s\b|sqlite|FST_|ajv/i);
}

/** Everything the management API lists: equal before and after when nothing changed. */
export async function inventory({ operator }: RunningServer): Promise<readonly string[]> {
  const lists: string[] = [];
  for (const { slug } of (await operator("GET", "/v1/apis")).json.data) {
    for (const list of ["accounts", "users", "api-keys", "events"]) {
      const { status, json } = await operator("GET", `/v1/apis/${slug}/${list}?limit=200`);
      expect([list, status, json.nextCursor]).toEqual([list, 200, null]);
      const rows: Answer["json"][] = json.data;
      // That a key was used, and what was refused, is noted; those are no changes.
      const kept = rows
        .filter(({ type }) => type !== "request.refused")
        .map(({ lastUsedAt: _, ...row }) => row);
      lists.push(...kept.map((row) => `${slug} ${list} ${JSON.stringify(row)}`));
    }
  }
  lists.push((await operator("GET", "/v1/operator-tokens?limit=200")).text);
  return lists;
}

/** Checks that the server lives, holds what it held, and logged no fault of its own. */
export async function expectUntouched(
  server: RunningServer,
  before: readonly string[],
): Promise<void> {
  expect(server.alive).toBe(true);
  expect((await server.ask({ path: "/healthz" })).status).toBe(200);
  expect((await server.ask({ path: "/readyz" })).status).toBe(200);
  expect(await inventory(server)).toEqual(before);
  const lines = server.log().split("\n");
  expect(lines.filter((line) => /^\{"level":[56]0/.test(line))).toEqual([]);
  expect(lines.filter((line) => /"status":5\d\d/.test(line))).toEqual([]);
}
