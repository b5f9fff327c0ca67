import { REASONS, type Reason } from "@latchkey/engine";
import { describe, expect, test } from "vitest";
import { parseCurl } from "../explain/curl-command.ts";
import type { ExplainedDecision } from "./ask-decision.ts";
import { explanationLines } from "./explanation.ts";

const AT = "2026-11-22T06:00:00.000Z";
const SECRET = "0123456789abcdefghijABCDEFGHIJ3dLPFf";
const COMMAND = `curl -H 'Authorization: Bearer lk_live_${SECRET}' https://a.example/acme/v2/users`;

function explained(
  decision: Partial<ExplainedDecision>,
  { command = COMMAND, target = "/v2/users", mistakes = [] as readonly string[] } = {},
): string {
  return explanationLines({
    request: parseCurl(command),
    api: { slug: "acme", profile: "standard", target },
    decision: { outcome: "deny", response: { status: 401, body: null }, ...decision },
    mistakes,
  }).join("\n");
}

function step(name: string, outcome: string, detail: string) {
  return { step: name, outcome, detail, at: AT };
}

test("tells an allowed request: who it is from, every step, what is left of its limit", () => {
  const text = explained({
    outcome: "allow",
    principal: {
      kind: "user",
      accountId: "acct_1",
      userId: "user_1",
      credentialId: "key_1",
      scheme: "api-key",
    },
    limit: { windows: [{ name: "hour", limit: 100, remaining: 99, resetAt: AT }] },
    response: { status: 200, body: null },
    trace: [
      step("requirement", "passed", "GET /v2/users/**"),
      step("address", "skipped", "no rule"),
      step("scopes", "passed", ""),
    ],
  });
  expect(text).toBe(`GET /v2/users of the API "acme" (profile standard)
with Authorization: Bearer lk_live_…LPFf

✓ Allowed
  It is from user acct_1 user_1 key_1 (api-key).

Steps
  ✓ requirement  GET /v2/users/**
  – address      no rule
  ✓ scopes

Limit
  hour: 99 of 100 left; all of it again at ${AT}

What the caller gets
  what the API answers`);
});

test("tells a refused one: what the reason means, what to do, what the caller gets", () => {
  const text = explained(
    {
      reason: "scope_insufficient",
      principal: { kind: "account", accountId: "acct_1", userId: null, scheme: "api-key" },
      response: { status: 403, body: '{"error":{"code":"FORBIDDEN"}}' },
      trace: [step("status", "passed", "key_1"), step("scopes", "refused", "write:users")],
    },
    { mistakes: ["First.", "Second."] },
  );
  expect(text).toBe(`GET /v2/users of the API "acme" (profile standard)
with Authorization: Bearer lk_live_…LPFf

✗ Refused: scope_insufficient
  The credential lacks a scope that the endpoint requires.
  → Use a credential with the scope, or add it to this one.
  It is from account acct_1 (api-key).

Look at the command
  ! First.
  ! Second.

Steps
  ✓ status  key_1
  ✗ scopes  write:users

What the caller gets
  403
  {"error":{"code":"FORBIDDEN"}}`);
});

test("knows the meaning and the remedy of every reason", () => {
  for (const [reason, { meaning, remedy }] of Object.entries(REASONS)) {
    const text = explained({ reason: reason as Reason });
    expect(text).toContain(`✗ Refused: ${reason}\n  ${meaning}\n  → ${remedy}\n`);
  }
});

test("prints a reason, an outcome and a member of a newer server as they come", () => {
  const text = explained({
    reason: "moon_full",
    trace: [step("moon", "howled", "at it")],
    response: { status: 403, body: "" },
  });
  expect(text).toContain("✗ Refused: moon_full\n\nSteps\n  ? moon  at it\n");
  expect(text).toMatch(/\n {2}403$/);
  expect(explained({ reason: "toString" })).toContain("✗ Refused: toString\n\n");
});

test("cuts a long body, and prints a body of several lines as such", () => {
  const text = explained({ response: { status: 400, body: `${"a".repeat(2000)}b` } });
  expect(text).toMatch(/^ {2}a{2000}…$/m);
  expect(explained({ response: { status: 400, body: "a\nb\n" } })).toMatch(
    / {2}400\n {2}a\n {2}b$/,
  );
});

describe("shows of a credential only", () => {
  test.each([
    ["prefix and last four", "Authorization: Bearer lk_live_0123456789abcdefghij", "lk_live_…ghij"],
    [
      "the prefix of a shorter one",
      "Authorization: Bearer lk_test_0123456789abcdefghi",
      "lk_test_…",
    ],
    ["the last four where no prefix is", "X-API-Key: 0123456789abcdefghij", "X-API-Key: …ghij"],
    ["nothing of a short one", "x-cal-secret-key: hunter2", "x-cal-secret-key: …"],
    ["the start of a JWT", `X-Signature: eyJh.${"b".repeat(30)}.cdef`, "X-Signature: eyJ…cdef"],
    ["nothing of a pair", `Authorization: Basic ${"b".repeat(40)}`, "Authorization: Basic …"],
    ["the same without Bearer", `Authorization: lk_live_${SECRET}`, "Authorization: lk_live_…LPFf"],
  ])("%s", (_what, header, shown) => {
    const text = explained({}, { command: `curl -H '${header}' https://a.example/` });
    expect(text).toMatch(new RegExp(`^with .*${shown}$`, "m"));
    expect(text.replaceAll(shown, "")).not.toContain(header.slice(-8));
  });
});

test("shows no secret of the path, and no query at all", () => {
  const target = `/v2/keys/lk_live_${SECRET}?token=sEcReT`;
  const text = explained({}, { target });
  expect(text).toContain("GET /v2/keys/[hidden] of");
  expect(text).not.toContain("sEcReT");
});

test("names no credential where none was sent", () => {
  const command = "curl -H 'Accept: */*' -H 'Idempotency-Key: 1' https://a.example/";
  expect(explained({}, { command })).toContain("\nwithout a credential\n");
});

test("lets no control character reach the terminal", () => {
  const detail = "a\u001b[2Jb\u0007\u202ec\rd";
  const text = explained({ trace: [step("requirement", "refused", detail)] });
  expect(text).toContain("✗ requirement  a\ufffd[2Jb\ufffd\ufffdc\ufffdd");
});
