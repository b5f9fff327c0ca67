import { writeFileSync } from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bearer, type Client, expectFault, newClient, pairOf } from "../calcom-platform.ts";
import { type ManagedScene, managedScene, TOKEN_UNKNOWN, usersOf } from "../managed-users.ts";
import { type RunningServer, startServer } from "../running-server.ts";

// Checklist 6.3 of the compatibility document, lines 10 to 13 and 42.

let scene: ManagedScene;
let server: RunningServer;
let client: Client;
let ask: ManagedScene["ask"];
let newUser: ManagedScene["newUser"];
let me: ManagedScene["me"];
let refresh: ManagedScene["refresh"];
beforeAll(async () => {
  scene = await managedScene();
  ({ server, client, ask, newUser, me, refresh } = scene);
});
afterAll(() => server?.stop());

describe("6.3.10 a new managed user", () => {
  test("is answered with 201, all its members, and its tokens", async () => {
    const before = Date.now();
    const { answer, sent } = await newUser();
    const [local, domain] = sent.email.split("@");
    expect(answer.headers["cache-control"]).toBe("no-store");
    expect(answer.json).toEqual({
      status: "success",
      data: {
        user: {
          id: expect.any(Number),
          email: `${local}+${client.clientId}@${domain}`,
          username: `${local}-${client.clientId.replace("_", "-")}-example-com`,
          name: sent.name,
          bio: null,
          timeZone: "Europe/London",
          weekStart: "Sunday",
          createdDate: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
          timeFormat: 12,
          defaultScheduleId: null,
          locale: "en",
          avatarUrl: null,
          metadata: {},
        },
        accessToken: expect.any(String),
        accessTokenExpiresAt: expect.any(Number),
        refreshToken: expect.any(String),
        refreshTokenExpiresAt: expect.any(Number),
      },
    });
    expect(answer.json.data.accessTokenExpiresAt).toBeGreaterThan(before);
  });

  test("has what was said of it, and each part of it may be changed", async () => {
    const said = {
      timeFormat: 24,
      weekStart: "Monday",
      timeZone: "America/New_York",
      locale: "de",
      avatarUrl: "https://example.com/a.png",
      bio: "Says little.",
      metadata: { plan: "gold", seats: 3 },
    };
    const { user, id } = await newUser(client, said);
    expect(user).toMatchObject(said);
    const changes = { name: "New", email: "Moved@example.org", timeZone: null, bio: null };
    const changed = await ask(`PATCH ${usersOf(client)}/${id}`, changes);
    expect(changed.status).toBe(200);
    const after = {
      ...user,
      ...changes,
      email: `Moved+${client.clientId}@example.org`,
      username: `moved-${client.clientId.replace("_", "-")}-example-org`,
    };
    expect(changed.json).toEqual({ status: "success", data: after });
    const read = await ask(`GET ${usersOf(client)}/${id}`);
    expect(read.json).toEqual({ status: "success", data: after });
  });

  const many = Object.fromEntries(Array.from({ length: 51 }, (_, n) => [`k${n}`, "v"]));
  test.each<[string, object]>([
    ["email", { email: undefined }],
    ["name", { name: undefined }],
    ["timeZone", { timeZone: "" }],
    ["timeZone", { timeZone: "Mars/Olympus" }],
    ["timeZone", { timeZone: "+01:00" }],
    ["timeFormat", { timeFormat: 13 }],
    ["timeFormat", { timeFormat: "12" }],
    ["weekStart", { weekStart: "Noday" }],
    ["locale", { locale: "not a locale" }],
    ["avatarUrl", { avatarUrl: "javascript:alert(1)" }],
    ["metadata", { metadata: many }],
    ["metadata", { metadata: { ["k".repeat(41)]: "v" } }],
    ["metadata", { metadata: { k: "v".repeat(501) } }],
    ["metadata.k", { metadata: { k: {} } }],
  ])("with a wrong %s is refused: %o", async (property, wrong) => {
    const body = { email: "wrong@example.com", name: "Wrong", ...wrong };
    const answer = await ask(`POST ${usersOf(client)}`, body);
    expect(answer.status).toBe(400);
    expect(answer.json.error).toMatchObject({
      code: "BadRequestException",
      message: "Bad Request Exception",
      details: { errors: [{ property }] },
    });
    const listed = await ask(`GET ${usersOf(client)}?emails=wrong@example.com`);
    expect(listed.json.data).toEqual([]);
  });

  test("may have as much as is allowed, and no email that is none", async () => {
    const names = Array.from({ length: 50 }, (_, n) => `${n}`.padEnd(40, "k"));
    const metadata = Object.fromEntries(names.map((name) => [name, "v".repeat(500)]));
    expect((await newUser(client, { metadata })).user.metadata).toEqual(metadata);
    const path = usersOf(client);
    const answer = await ask(`POST ${path}`, { email: "nobody", name: "x" });
    const fault = { status: 400, message: "Invalid email nobody", path } as const;
    expectFault(answer, fault);
  });
});

describe("the list of a client's users", () => {
  let own: Client;
  const emails = ["a@example.com", "B@example.com", "c@example.com"];
  beforeAll(async () => {
    own = await newClient(server, "acct_platform");
    for (const email of emails) await newUser(own, { email });
  });
  const listed = async (query: string) => {
    const { status, json } = await ask(`GET ${usersOf(own)}${query}`, undefined, pairOf(own));
    expect(status).toBe(200);
    return json.data.map(({ email }: { email: string }) => email.replace(/\+[^@]*/, ""));
  };

  test.each<[string, readonly string[]]>([
    ["", emails],
    ["?offset=1", emails.slice(1)],
    ["?offset=1&limit=1", emails.slice(1, 2)],
    ["?limit=1", emails.slice(0, 1)],
    ["?offset=3", []],
    ["?emails=c@example.com,b@example.com", emails.slice(1)],
    ["?emails=c@example.com&emails=A@example.com", [emails[0], emails[2]] as string[]],
    ["?emails=x@example.com", []],
  ])("%s", async (query, expected) => {
    expect(await listed(query)).toEqual(expected);
  });

  test("takes decorated emails, and names a bad one", async () => {
    const { clientId } = own;
    expect(await listed(`?emails=a%2B${clientId}@example.com`)).toEqual(["a@example.com"]);
    const path = `${usersOf(own)}?emails=a@example.com,b`;
    const answer = await ask(`GET ${path}`, undefined, pairOf(own));
    expectFault(answer, { status: 400, message: "Invalid email b", path });
  });

  test.each(["limit=0", "limit=1001", "offset=-1"])("refuses %s", async (query) => {
    const answer = await ask(`GET ${usersOf(own)}?${query}`, undefined, pairOf(own));
    expect(answer.status).toBe(400);
  });
});

test("6.3.11 the same email again is 409 with who has it; under another client it is free", async () => {
  const email = "Same@example.com";
  const { id } = await newUser(client, { email });
  const decorated = `same+${client.clientId}@example.com`;
  for (const again of [email, "same@EXAMPLE.com", decorated, decorated.toUpperCase()]) {
    const answer = await ask(`POST ${usersOf(client)}`, { email: again, name: "Again" });
    const message = `User with the provided e-mail already exists. Existing user ID=${id}`;
    expect(answer.status).toBe(409);
    expect(answer.json).toMatchObject({
      status: "error",
      error: {
        code: "ConflictException",
        message,
        details: { message, error: "Conflict", statusCode: 409 },
      },
    });
  }
  const another = await newUser();
  const moved = await ask(`PATCH ${usersOf(client)}/${another.id}`, { email });
  expect(moved.status).toBe(409);
  expect((await newUser(scene.sibling, { email })).id).not.toBe(id);
});

test.each(["GET", "POST"])("6.3.12 %s without the secret is refused", async (method) => {
  const path = usersOf(client);
  const answer = await ask(`${method} ${path}`, undefined, {});
  const message =
    "ApiAuthStrategy - Only 'x-cal-client-id' header provided. Please also provide " +
    "'x-cal-secret-key' header or Auth bearer token as 'Authentication' header";
  expectFault(answer, { status: 401, message, path });
});

describe("6.3.13 what belongs to others:", () => {
  test.each(["GET", "PATCH", "DELETE", "POST"])("%s of a foreign user is 404", async (method) => {
    const { id } = await newUser(scene.foreign);
    const { id: near } = await newUser(scene.sibling);
    for (const number of [id, near, 999_999]) {
      const path = `${usersOf(client)}/${number}${method === "POST" ? "/force-refresh" : ""}`;
      const body = method === "PATCH" ? { name: "Mine" } : undefined;
      const message = `User with ID ${number} is not part of this OAuth client.`;
      expectFault(await ask(`${method} ${path}`, body), { status: 404, message, path });
    }
    const still = await ask(
      `GET ${usersOf(scene.foreign)}/${id}`,
      undefined,
      pairOf(scene.foreign),
    );
    expect(still.json.data.name).not.toBe("Mine");
  });

  test("a platform's key that asks for another platform's client is told so", async () => {
    const { key } = await server.issueKey({ accountId: "acct_rival" }, "calcom");
    const path = `/v2/oauth-clients/${client.clientId}`;
    const message =
      `OAuthClientGuard - forbidden. oAuth client with id=${client.clientId} does not belong ` +
      "to the organization with id=acct_rival.";
    const answer = await ask(`GET ${path}`, undefined, bearer(key));
    expectFault(answer, { status: 403, message, path });
  });

  test("a client's secret opens no other client's users, and a user's token none", async () => {
    const path = usersOf(client);
    const wrong = await ask(`GET ${path}`, undefined, pairOf(scene.foreign));
    const message = "ApiAuthStrategy - oAuth client - Invalid client secret";
    expectFault(wrong, { status: 401, message, path });
    const { pair } = await newUser();
    const asUser = await ask(`GET ${path}`, undefined, bearer(pair.accessToken));
    expectFault(asUser, {
      status: 401,
      message:
        "ApiAuthStrategy - Invalid authentication method. Please provide one of the allowed " +
        "methods: OAUTH_CLIENT_CREDENTIALS",
      path,
    });
  });
});

test("6.3.42 GET /v2/me with a managed user's token is the user", async () => {
  const { pair, user } = await newUser(client, { timeZone: "Asia/Tokyo" });
  const answer = await me(pair.accessToken);
  expect(answer.status).toBe(200);
  expect(answer.json).toEqual({
    status: "success",
    data: { ...user, organizationId: null, accountId: "acct_platform" },
  });
  const { json } = await ask("GET /v2/webhooks", undefined, bearer(pair.accessToken));
  expect(json.principal).toMatchObject({
    kind: "managed-user",
    accountId: "acct_platform",
    actor: { kind: "application", id: client.clientId },
    applicationId: client.clientId,
    scheme: "access-token",
  });
});

describe("a deleted user", () => {
  test("is answered as it was, and is gone with its tokens; its email is free", async () => {
    const { pair, user, id, sent } = await newUser();
    await me(pair.accessToken);
    const path = `${usersOf(client)}/${id}`;
    const answer = await ask(`DELETE ${path}`);
    expect(answer.status).toBe(200);
    expect(answer.json).toEqual({ status: "success", data: user });
    const gone = await me(pair.accessToken);
    expectFault(gone, { status: 401, message: TOKEN_UNKNOWN, path: "/v2/me" });
    expect((await refresh(pair.refreshToken)).status).toBe(400);
    expect((await ask(`GET ${path}`)).status).toBe(404);
    const again = await newUser(client, { email: sent.email });
    expect(again.id).toBeGreaterThan(id);
  });

  test("leaves nothing of what was known of it", async () => {
    const email = "canary-of-a-person@example.com";
    const { id } = await newUser(client, { email, name: "Canary Person", bio: "Canary bio" });
    await ask(`DELETE ${usersOf(client)}/${id}`);
    const database = new DatabaseSync(server.database, { readOnly: true });
    const rows = [
      ...database.prepare("select * from person where number = ?").all(id),
      ...database.prepare("select * from event").all(),
      ...database.prepare("select * from change").all(),
    ];
    database.close();
    expect(JSON.stringify(rows)).not.toMatch(/canary/i);
  });
});

test("closed sign-ups refuse new platform clients at both doors, and leave the others at work", async () => {
  await using closing = await startServer({
    policy: { apis: [{ slug: "calcom", extends: "calcom" }] },
  });
  const accountId = "acct_platform";
  const platform = { id: accountId, name: "Platform", kind: "platform", plan: "SCALE" };
  await closing.create("calcom", "accounts", platform);
  const { key } = await closing.issueKey({ accountId }, "calcom");
  const before = await newClient(closing, accountId);
  const policy = { apis: [{ slug: "calcom", extends: "calcom", platformSignups: "closed" }] };
  writeFileSync(path.join(closing.folder, "latchkey.config.json"), JSON.stringify(policy));
  await closing.end();
  await closing.restart();

  const message = "This API takes no new platform applications; those that exist work on.";
  const draft = { name: "New", redirectUris: ["https://app.example.com"] };
  const asked = { ...draft, permissions: ["*"] };
  const clients = { method: "POST", path: "/calcom/v2/oauth-clients" };
  const facade = await closing.ask({ ...clients, headers: bearer(key), body: asked });
  expectFault(facade, { status: 403, message, path: "/v2/oauth-clients" });
  const wanted = { ...draft, accountId, kind: "platform" };
  const operator = await closing.operator("POST", "/v1/apis/calcom/applications", wanted);
  expect(operator).toMatchObject({ status: 403, json: { error: { code: "FORBIDDEN", message } } });
  const oauth = { ...draft, accountId };
  expect((await closing.operator("POST", "/v1/apis/calcom/applications", oauth)).status).toBe(201);
  const user = { email: "new@example.com", name: "New" };
  const users = { method: "POST", path: `/calcom${usersOf(before)}`, headers: pairOf(before) };
  expect((await closing.ask({ ...users, body: user })).status).toBe(201);
});
