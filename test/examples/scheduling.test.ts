import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Answer } from "../answer.ts";
import { bearer, newClient, pairOf } from "../calcom-platform.ts";
import { type RunningServer, startServer } from "../running-server.ts";
import { type RunningExample, startExample } from "./running-example.ts";

const KINDS = ["account", "team", "organization", "platform"] as const;
type Kind = (typeof KINDS)[number];

let server: RunningServer;
let api: RunningExample;
const keys = {} as Record<Kind, string>;

beforeAll(async () => {
  server = await startServer();
  for (const kind of KINDS) {
    const id = `acct_${kind}1`;
    await server.create("calcom", "accounts", { id, name: kind, kind, plan: "ESSENTIALS" });
    keys[kind] = (await server.issueKey({ accountId: id }, "calcom")).key;
  }
  api = await startExample("scheduling", server);
});
afterAll(async () => {
  await api?.end();
  await server?.stop();
});

function ask(line: string, kind?: Kind, body?: unknown): Promise<Answer> {
  const [method = "", path = ""] = line.split(" ");
  const headers = kind === undefined ? {} : { authorization: `Bearer ${keys[kind]}` };
  return api.ask({ method, path, headers, body });
}

const ORG = "/v2/organizations/acct_organization1";
const TEAM = `${ORG}/teams/oteam_1`;

describe("each family of endpoints has something to protect:", () => {
  test.each<[string, string, readonly Kind[]]>([
    ["unprefixed", "/v2/event-types", KINDS],
    ["unprefixed", "/v2/schedules", KINDS],
    ["unprefixed", "/v2/calendars", KINDS],
    ["Teams", "/v2/teams", ["team"]],
    ["Teams", "/v2/teams/acct_team1/memberships", ["team"]],
    ["Orgs", `${ORG}/teams`, ["organization"]],
    ["Orgs", `${TEAM}/event-types`, ["organization"]],
    ["Orgs / Attributes", `${ORG}/attributes`, ["organization"]],
    ["Orgs / Attributes / Options", `${ORG}/attributes/attr_1/options`, ["organization"]],
    ["Orgs / Delegation credentials", `${ORG}/delegation-credentials`, ["organization"]],
    ["Orgs / Orgs", `${ORG}/organizations`, []],
    ["Orgs / Roles", `${ORG}/roles`, ["organization"]],
    ["Orgs / Teams / Workflows", `${TEAM}/workflows`, ["organization"]],
    [
      "Orgs / Teams / Routing forms / Responses",
      `${TEAM}/routing-forms/form_1/responses`,
      ["organization"],
    ],
  ])("%s, at %s", async (_family, path, allowed) => {
    for (const kind of KINDS) {
      const { status } = await ask(`GET ${path}`, kind);
      expect([kind, status === 200]).toEqual([kind, allowed.includes(kind)]);
      if (status !== 200) expect([401, 403, 404]).toContain(status);
    }
    expect((await ask(`GET ${path}`)).status).toBe(401);
  });
});

test("an account's event type is booked by anyone, once for each time, and read by its owner", async () => {
  const type = await ask("POST /v2/event-types", "account", { title: "Call", lengthInMinutes: 60 });
  expect([type.status, type.json.status]).toEqual([201, "success"]);
  const eventTypeId: string = type.json.data.id;
  const start = "2030-01-31T10:00:00.000Z";
  const attendee = { name: "Guest", email: "guest@example.com" };
  const book = () => ask("POST /v2/bookings", undefined, { eventTypeId, start, attendee });
  const slots = async (): Promise<string[]> =>
    (await ask(`GET /v2/slots?eventTypeId=${eventTypeId}&date=2030-01-31`)).json.data;

  expect(await slots()).toContain(start);
  const booked = await book();
  expect([booked.status, booked.json.data]).toMatchObject([201, { status: "accepted", start }]);
  expect(await slots()).not.toContain(start);
  expect((await book()).json.error).toMatchObject({ code: "ConflictException" });

  const bookings = async (kind?: Kind) => (await ask("GET /v2/bookings", kind)).json.data;
  expect(await bookings("account")).toEqual([booked.json.data]);
  expect(await bookings("team")).toEqual([]);
  expect((await ask("GET /v2/bookings")).status).toBe(401);

  const cancel = `POST /v2/bookings/${booked.json.data.id}/cancel`;
  expect((await ask(cancel, "team")).status).toBe(404);
  expect((await ask(cancel, "account")).json.data).toMatchObject({ status: "cancelled" });
  expect(await slots()).toContain(start);
});

test("what an account made is changed and removed by itself alone", async () => {
  const made = await ask("POST /v2/schedules", "account", { name: "Week" });
  const path = `/v2/schedules/${made.json.data.id}`;
  expect((await ask(`PATCH ${path}`, "team", { name: "Mine" })).status).toBe(404);
  expect((await ask(`PATCH ${path}`, "account", { name: "Day" })).json.data.name).toBe("Day");
  expect((await ask(`DELETE ${path}`, "team")).status).toBe(404);
  expect((await ask(`DELETE ${path}`, "account")).status).toBe(200);
  expect((await ask(`GET ${path}`, "account")).status).toBe(404);
});

test("an event type stays bookable when somebody else tried to delete it", async () => {
  const { json } = await ask("POST /v2/event-types", "account", { title: "Call" });
  const slots = `GET /v2/slots?eventTypeId=${json.data.id}&date=2030-02-01`;
  expect((await ask(`DELETE /v2/event-types/${json.data.id}`, "team")).status).toBe(404);
  expect((await ask(slots)).status).toBe(200);
  expect((await ask(`DELETE /v2/event-types/${json.data.id}`, "account")).status).toBe(200);
  expect((await ask(slots)).status).toBe(404);
});

test("what a managed user made is another's no more than another account's", async () => {
  const client = await newClient(server, "acct_platform1");
  const as = async (email: string) => {
    const path = `/calcom/v2/oauth-clients/${client.clientId}/users`;
    const body = { email, name: "A" };
    const made = await server.ask({ method: "POST", path, headers: pairOf(client), body });
    return bearer(made.json.data.accessToken);
  };
  const [alice, bob] = [await as("alice@example.com"), await as("bob@example.com")];
  const path = "/v2/schedules";
  const made = await api.ask({ method: "POST", path, headers: alice, body: { name: "Alice's" } });
  const own = `${path}/${made.json.data.id}`;
  expect((await api.ask({ path: own, headers: bob })).status).toBe(404);
  expect((await api.ask({ path, headers: bob })).json.data).toEqual([]);
  expect((await api.ask({ path: own, headers: alice })).json.data.name).toBe("Alice's");
});

test.each([
  ["that is no JSON", "application/json", "{", 400],
  ["of another type", "text/xml", "<a/>", 415],
  ["that is too long", "application/json", `"${"x".repeat(2 ** 20)}"`, 413],
])("refuses a body %s as the caller's mistake", async (_what, type, body, status) => {
  const headers = { "content-type": type };
  const answer = await api.ask({ method: "POST", path: "/v2/bookings", headers, body });
  expect([answer.status, answer.json.status]).toEqual([status, "error"]);
});

test("a time is taken also for who would come while another is still there", async () => {
  const type = await ask("POST /v2/event-types", "account", { title: "Call" });
  const eventTypeId: string = type.json.data.id;
  const attendee = { name: "Guest", email: "guest@example.com" };
  const book = async (start: string) =>
    (await ask("POST /v2/bookings", undefined, { eventTypeId, start, attendee })).status;
  expect(await book("2030-03-01T10:30:00+01:00")).toBe(201);
  expect(await book("2030-03-01T10:29:00Z")).toBe(409);
  expect(await book("2030-03-01T08:31:00Z")).toBe(409);
  expect(await book("2030-03-01T08:30:00Z")).toBe(201);
  expect(await book("2030-03-01T10:30:00Z")).toBe(201);
  const { json } = await ask(`GET /v2/slots?eventTypeId=${eventTypeId}&date=2030-03-01`);
  expect(json.data[0]).toBe("2030-03-01T12:00:00.000Z");
});

test.each([
  ["an unknown event type", { eventTypeId: "et_none" }, 404],
  ["a time that is none", { start: "soon" }, 400],
  ["a leap second", { start: "2030-06-30T23:59:60Z" }, 400],
  ["an offset without minutes", { start: "2030-01-31T10:00:00+05" }, 400],
  ["nobody who comes", { attendee: {} }, 400],
])("refuses a booking with %s", async (_what, change, status) => {
  const attendee = { name: "Guest", email: "guest@example.com" };
  const draft = { eventTypeId: "et_1", start: "2030-01-31T10:00:00Z", attendee, ...change };
  const answer = await ask("POST /v2/bookings", undefined, draft);
  expect([answer.status, answer.json.status]).toEqual([status, "error"]);
});
