import { expect, test } from "vitest";
import { NOW, World } from "../../testing/world.ts";
import { calcomApi } from "./calcom.ts";

// Checklist 6.3 of the compatibility document, line 28: what tokens of third parties open.

const CLOSED = "insufficient_scope: this endpoint is not available for third-party OAuth tokens";
const missing = (required: string, has: string) =>
  `insufficient_scope: token does not have the required scopes. Required: ${required}. Token has: ${has}`;

async function answerTo(line: string, scopes: readonly string[]): Promise<string> {
  const world = new World(calcomApi);
  const { id: accountId } = world.account({
    kind: line.includes("/v2/teams") ? "team" : "organization",
  });
  world.user([accountId], "user_1");
  const state = { accountId, userId: "user_1", expiresAt: NOW + 60_000, scopes };
  const { token } = world.accessToken(state, { kind: "user" });
  const [method = "", target = ""] = line.split(" ");
  const headers = { authorization: `Bearer ${token}` };
  const decision = await world.decide({ method, target, headers });
  if (decision.outcome === "allow") return "allowed";
  const list = Object.entries(headers).flat();
  const request = { method, target, headers: list, address: "192.0.2.1", secure: true };
  const { status, body } = world.engine.render(decision, { requestId: "req_1", request });
  expect(status).toBe(403);
  return JSON.parse(body ?? "").error.message;
}

const TEAM = "/v2/organizations/5/teams/7";

test.each([
  ["GET /v2/bookings", ["BOOKING_READ"], "allowed"],
  ["GET /v2/bookings", ["BOOKING_WRITE"], missing("BOOKING_READ", "BOOKING_WRITE")],
  ["POST /v2/bookings/1/cancel", ["BOOKING_READ"], missing("BOOKING_WRITE", "BOOKING_READ")],
  [`GET ${TEAM}/bookings`, ["TEAM_BOOKING_READ"], "allowed"],
  [`GET ${TEAM}/bookings`, ["ORG_BOOKING_READ"], "allowed"],
  [`GET ${TEAM}/bookings`, ["BOOKING_READ"], missing("TEAM_BOOKING_READ", "BOOKING_READ")],
  [`POST ${TEAM}/memberships`, ["TEAM_MEMBERSHIP_WRITE"], "allowed"],
  ["GET /v2/organizations/5/bookings", ["ORG_BOOKING_READ"], "allowed"],
  [
    "GET /v2/organizations/5/bookings",
    ["TEAM_BOOKING_READ"],
    missing("ORG_BOOKING_READ", "TEAM_BOOKING_READ"),
  ],
  ["PATCH /v2/teams/7", ["TEAM_PROFILE_WRITE"], "allowed"],
  ["GET /v2/me", [], missing("PROFILE_READ", "")],
  ["GET /v2/webhooks", ["PROFILE_READ"], CLOSED],
  ["GET /v2/organizations/5/roles", ["ORG_PROFILE_READ"], CLOSED],
  ["GET /v2/auth/oauth2/clients/app_1", ["PROFILE_READ"], "allowed"],
  ["GET /v2/slots", ["PROFILE_READ"], "allowed"],
])("6.3.28 %s with %j: %s", async (line, scopes, expected) => {
  expect(await answerTo(line, scopes)).toBe(expected);
});

test("6.3.28 a key of the same account needs none of them", async () => {
  const world = new World(calcomApi);
  const { id: accountId } = world.account({ kind: "organization" });
  const { key } = world.key({ accountId, scopes: [] });
  const headers = { authorization: `Bearer ${key}` };
  for (const target of ["/v2/webhooks", `${TEAM}/bookings`, "/v2/organizations/5/bookings"]) {
    expect([target, await world.verdict({ target, headers })]).toEqual([target, "allowed"]);
  }
});

test("6.3.9 an expired one is not told apart from any other that is no good", async () => {
  const world = new World(calcomApi);
  const { id: accountId } = world.account();
  world.user([accountId], "user_1");
  const state = { accountId, userId: "user_1", expiresAt: NOW };
  const { token } = world.accessToken(state, { kind: "user" });
  const headers = { authorization: `Bearer ${token}` };
  const decision = await world.decide({ target: "/v2/me", headers });
  const list = Object.entries(headers).flat();
  const request = { method: "GET", target: "/v2/me", headers: list, address: "::1", secure: true };
  const { status, body } = world.engine.render(decision, { requestId: "req_1", request });
  expect([status, JSON.parse(body ?? "").error.message]).toEqual([401, "Invalid Access Token."]);
});
