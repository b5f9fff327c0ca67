import { sign } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Answer } from "../answer.ts";
import { postHeldBack } from "../held-request.ts";
import { type RunningServer, startServer } from "../running-server.ts";

/** The same, but users too may open the dashboard. */
const OPEN = {
  slug: "open",
  extends: "savvycal",
  endpoints: [{ match: "POST /v1/dashboard_sessions" }],
};

let server: RunningServer;
/** Tokens of two platforms, of the first one's child and of an account on its own. */
const tokens = { platform: "", rival: "", child: "", single: "" };

beforeAll(async () => {
  server = await startServer({
    policy: { apis: [{ slug: "savvycal", extends: "savvycal" }, OPEN] },
  });
  await create("accounts", { id: "acct_platform", name: "Platform", kind: "platform" });
  await create("accounts", { id: "acct_rival", name: "Rival", kind: "platform" });
  await create("accounts", { id: "acct_child", name: "Child", parentId: "acct_platform" });
  await create("accounts", { id: "acct_theirs", name: "Theirs", parentId: "acct_rival" });
  await create("accounts", { id: "acct_single", name: "Single" });
  for (const [name, accountId] of [
    ["platform", "acct_platform"],
    ["rival", "acct_rival"],
    ["child", "acct_child"],
    ["single", "acct_single"],
  ] as const) {
    tokens[name] = (await server.issueKey({ accountId }, "savvycal")).key;
  }
  const owner = { id: "user_owner", accountId: "acct_child", role: "owner", name: "Ada" };
  await create("users", { ...owner, email: "ada@example.com" });
  await create("users", { id: "user_staff", accountId: "acct_child" });
  await create("users", { id: "user_theirs", accountId: "acct_theirs" });
  for (const accountId of ["acct_theirs", "acct_single"]) {
    await create("users/user_owner/memberships", { accountId, role: "member" });
  }
});
afterAll(() => server?.stop());

async function create(path: string, body: object, api = "savvycal") {
  const answer = await server.operator("POST", `/v1/apis/${api}/${path}`, body);
  if (answer.status !== 201) throw new Error(`${path}: ${answer.status} ${answer.text}`);
  return answer.json;
}

interface Call {
  readonly account?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

function call(token: string, line: string, { account, body, headers }: Call = {}): Promise<Answer> {
  const [method = "", path = ""] = line.split(" ");
  const authorization = `Bearer ${token}`;
  const acting = account === undefined ? {} : { "x-savvycal-account": account };
  return server.ask({
    method,
    path: `/savvycal${path}`,
    headers: { authorization, ...acting, ...headers },
    ...(body !== undefined && { body }),
  });
}

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const NOT_FOUND = '{"errors":[{"detail":"Not Found","status":"404"}]}';

function expectInvalid(answer: Answer, source: object, status = 422): void {
  expect([answer.status, answer.json]).toEqual([
    status,
    {
      errors: [
        {
          ...(status === 400 && { status: "400" }),
          title: "Invalid value",
          detail: expect.any(String),
          source,
        },
      ],
    },
  ]);
}

describe("who is asking:", () => {
  const child = {
    id: "acct_child",
    name: "Child",
    external_id: null,
    created_at: expect.stringMatching(INSTANT),
  };

  test("an account token gets its account", async () => {
    const { status, json } = await call(tokens.child, "GET /v1/account");
    expect([status, json]).toEqual([200, child]);
  });

  test("a platform token gets the account that it acts for", async () => {
    const acting = { account: "acct_child" };
    const { status, json } = await call(tokens.platform, "GET /v1/account", acting);
    expect([status, json]).toEqual([200, child]);
    const theirs = await call(tokens.platform, "GET /v1/account", { account: "acct_theirs" });
    expect([theirs.status, theirs.text]).toEqual([404, NOT_FOUND]);
  });

  test("a platform token gets its platform, and nothing of the account that it names", async () => {
    for (const acting of [{}, { account: "acct_child" }]) {
      const { status, json } = await call(tokens.platform, "GET /v1/platform", acting);
      expect([status, json]).toEqual([
        200,
        { id: "acct_platform", name: "Platform", created_at: expect.stringMatching(INSTANT) },
      ]);
    }
  });
});

describe("a platform's accounts:", () => {
  test("a new one is its child, with an id of 12 hex digits", async () => {
    const body = { name: "Made", external_id: "crm-1" };
    const made = await call(tokens.platform, "POST /v1/accounts", { body });
    expect([made.status, made.json]).toEqual([
      201,
      {
        id: expect.stringMatching(/^acct_[0-9a-f]{12}$/),
        ...body,
        created_at: expect.stringMatching(INSTANT),
      },
    ]);
    const { id } = made.json;
    const stored = await server.operator("GET", `/v1/apis/savvycal/accounts/${id}`);
    expect(stored.json).toMatchObject({ kind: "account", parentId: "acct_platform" });
    expect((await call(tokens.platform, `GET /v1/accounts/${id}`)).json).toEqual(made.json);
    expect((await call(tokens.platform, "GET /v1/account", { account: id })).status).toBe(200);
    expect((await call(tokens.rival, `GET /v1/accounts/${id}`)).text).toBe(NOT_FOUND);
  });

  test("any account that is no child does not exist", async () => {
    const others = ["acct_theirs", "acct_single", "acct_platform", "acct_rival", "acct_none", "x"];
    for (const id of [...others, "a".repeat(100), "%27"]) {
      const { status, text } = await call(tokens.platform, `GET /v1/accounts/${id}`);
      expect([id, status, text]).toEqual([id, 404, NOT_FOUND]);
    }
  });

  test("are listed from new to old, in pages, and only they", async () => {
    const ids: string[] = [];
    let cursor: string | null = null;
    do {
      const more: string = cursor === null ? "" : `&cursor=${cursor}`;
      const { json } = await call(tokens.platform, `GET /v1/accounts?limit=1${more}`);
      expect(json.data).toHaveLength(1);
      ids.push(json.data[0].id);
      cursor = json.next_cursor;
    } while (cursor !== null);
    expect(ids.at(-1)).toBe("acct_child");
    const { json } = await call(tokens.platform, "GET /v1/accounts");
    expect(json).toEqual({ data: expect.any(Array), next_cursor: null });
    expect(json.data.map(({ id }: { id: string }) => id)).toEqual(ids);
    const rivals = await call(tokens.rival, "GET /v1/accounts");
    expect(rivals.json.data.map(({ id }: { id: string }) => id)).toEqual(["acct_theirs"]);
  });

  test("another platform's cursor, and a limit out of bounds, are named as a parameter", async () => {
    await call(tokens.platform, "POST /v1/accounts", { body: { name: "One more" } });
    const { json } = await call(tokens.platform, "GET /v1/accounts?limit=1");
    const stolen = await call(tokens.rival, `GET /v1/accounts?cursor=${json.next_cursor}`);
    expectInvalid(stolen, { parameter: "cursor" }, 400);
    for (const limit of ["0", "201", "x"]) {
      const answer = await call(tokens.platform, `GET /v1/accounts?limit=${limit}`);
      expectInvalid(answer, { parameter: "limit" }, 400);
    }
  });

  test("a call that is repeated under its Idempotency-Key makes one", async () => {
    const again = { body: { name: "Once" }, headers: { "idempotency-key": "one" } };
    const first = await call(tokens.platform, "POST /v1/accounts", again);
    const second = await call(tokens.platform, "POST /v1/accounts", again);
    expect([second.status, second.json]).toEqual([201, first.json]);
    const other = { ...again, body: { name: "Twice" } };
    expect((await call(tokens.platform, "POST /v1/accounts", other)).status).toBe(422);
    const long = { ...again, headers: { "idempotency-key": "x".repeat(129) } };
    const refused = await call(tokens.platform, "POST /v1/accounts", long);
    expectInvalid(refused, { header: "Idempotency-Key" }, 400);
  });

  test.each([
    ["without a name", {}, "/name"],
    ["with an empty name", { name: "" }, "/name"],
    ["with a name that is no text", { name: 1 }, "/name"],
    ["with a NUL in its name", { name: "a\0" }, "/name"],
    ["with a member that is unknown", { name: "x", kind: "platform" }, "/kind"],
    ["with a parent of its choice", { name: "x", parent_id: "acct_rival" }, "/parent_id"],
    ["with a member of signs", { name: "x", "a.b[0]/~": 1 }, "/a.b[0]~1~0"],
    ["with a member without a name", { name: "x", "": 1 }, "/"],
    ["that is no object", [], ""],
  ])("one %s is 422, with a pointer to it", async (_what, body, pointer) => {
    expectInvalid(await call(tokens.platform, "POST /v1/accounts", { body }), { pointer });
  });

  test("who is no platform has none", async () => {
    for (const line of ["GET /v1/accounts", "GET /v1/accounts/acct_child", "GET /v1/platform"]) {
      expect([line, (await call(tokens.child, line)).status]).toEqual([line, 400]);
    }
  });
});

describe("a dashboard session", () => {
  const path = "POST /v1/dashboard_sessions";

  test("is a link for five minutes, whose secret is stored nowhere", async () => {
    const body = { user_id: "user_owner", return_url: "https://example.com/back" };
    const before = Date.now();
    const { status, json } = await call(tokens.child, path, { body });
    expect([status, json]).toEqual([
      201,
      {
        id: expect.stringMatching(/^ds_[0-9a-f]{12}$/),
        url: expect.stringMatching(/^http:\/\/[^/]+\/dashboard\/#portal=[A-Za-z0-9_-]{43}$/),
        expires_at: expect.stringMatching(INSTANT),
      },
    ]);
    const lives = Date.parse(json.expires_at) - before;
    expect(lives).toBeGreaterThanOrEqual(300_000);
    expect(lives).toBeLessThan(310_000);
    const [page = "", secret = ""] = json.url.split("#portal=");
    expect((await server.ask({ path: new URL(page).pathname })).status).toBe(200);
    const files = ["", "-wal"].map((end) => `${server.database}${end}`).filter(existsSync);
    const stored = Buffer.concat(files.map((file) => readFileSync(file)));
    expect(stored.includes(json.id)).toBe(true);
    expect(stored.includes(secret)).toBe(false);
    expect(server.log()).not.toContain(secret);
  });

  test("under one Idempotency-Key is another for each account", async () => {
    await create("accounts", { id: "acct_second", name: "Second", parentId: "acct_platform" });
    await create("users", { id: "user_both", accountId: "acct_child" });
    await create("users/user_both/memberships", { accountId: "acct_second" });
    const sessions: string[] = [];
    for (const account of ["acct_child", "acct_second", "acct_child"]) {
      const headers = { "idempotency-key": "session" };
      const asked = { account, headers, body: { user_id: "user_both" } };
      sessions.push((await call(tokens.platform, path, asked)).json.id);
    }
    expect(new Set(sessions).size).toBe(2);
    expect(sessions[2]).toBe(sessions[0]);
  });

  test("is made by a platform for a user of the account that it acts for", async () => {
    const body = { user_id: "user_owner" };
    const made = await call(tokens.platform, path, { account: "acct_child", body });
    expect(made.status).toBe(201);
    const nowhere = await call(tokens.platform, path, { body });
    expect(nowhere.status).toBe(400);
  });

  test.each(["acct_platform", "acct_child"])(
    "is not made by a request held back until %s was suspended",
    async (suspended) => {
      const { id, key } = await server.issueKey({ accountId: "acct_platform" }, "savvycal");
      const headers = { authorization: `Bearer ${key}`, "x-savvycal-account": "acct_child" };
      const account = `/v1/apis/savvycal/accounts/${suspended}`;
      const held = {
        ...{ api: "savvycal", path: "/v1/dashboard_sessions", credentialId: id },
        ...{ headers, body: { user_id: "user_owner" } },
      };
      const status = await postHeldBack(server, held, () =>
        server.operator("POST", `${account}/suspend`),
      );
      expect(status).toBe(401);
      await server.operator("POST", `${account}/resume`);
      const acting = { account: "acct_child", body: held.body };
      expect((await call(key, path, acting)).status).toBe(201);
    },
  );

  test.each([
    ["a user of another account", { user_id: "user_theirs" }, "/user_id"],
    ["nobody", { user_id: "user_none" }, "/user_id"],
    ["what is no user's id", { user_id: "ada@example.com" }, "/user_id"],
    ["no user", {}, "/user_id"],
    [
      "a way back over plain HTTP",
      { user_id: "user_owner", return_url: "http://x.com" },
      "/return_url",
    ],
    [
      "a way back to a script",
      { user_id: "user_owner", return_url: "javascript:1" },
      "/return_url",
    ],
  ])("for %s is 422, with a pointer to it", async (_what, body, pointer) => {
    expectInvalid(await call(tokens.child, path, { body }), { pointer });
  });
});

describe("a user's JWT", () => {
  test("gets the user, with those of its accounts that the signing key's owner may know", async () => {
    const key = await create("signing-keys", { accountId: "acct_child", name: "test" });
    const { status, json } = await call(jwt(key, "user_owner"), "GET /v1/user");
    expect([status, json]).toEqual([
      200,
      {
        id: "user_owner",
        name: "Ada",
        email: "ada@example.com",
        account_ids: ["acct_child"],
        created_at: expect.stringMatching(INSTANT),
      },
    ]);
  });

  test("opens the dashboard for that user at most, even where the policy lets it", async () => {
    const accountId = "acct_test";
    for (const id of ["user_boss", "user_staff"]) {
      await create("users", { id, accountId }, "open");
    }
    const key = await create("signing-keys", { accountId, name: "test" }, "open");
    const open = (user_id: string) =>
      server.ask({
        method: "POST",
        path: "/open/v1/dashboard_sessions",
        headers: { authorization: `Bearer ${jwt(key, "user_staff")}` },
        body: { user_id },
      });
    expect((await open("user_staff")).status).toBe(201);
    expectInvalid(await open("user_boss"), { pointer: "/user_id" });
  });
});

function jwt({ id, privateKey }: { id: string; privateKey: string }, sub: string): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const claims = { sub, exp: Math.floor(Date.now() / 1000) + 600 };
  const input = `${part({ alg: "ES256", typ: "JWT", kid: id })}.${part(claims)}`;
  const key = { key: privateKey, dsaEncoding: "ieee-p1363" } as const;
  return `${input}.${sign("sha256", Buffer.from(input), key).toString("base64url")}`;
}
