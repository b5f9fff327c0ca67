import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RunningServer, startServer, TEST_ACCOUNT } from "../running-server.ts";
import { expectRefusal, expectUntouched, inventory } from "./refusals.ts";

let server: RunningServer;
let before: readonly string[] = [];
let cursor = "";
beforeAll(async () => {
  const policy = { apis: ["standard", "other"].map((slug) => ({ slug, extends: "standard" })) };
  server = await startServer({ policy });
  for (let i = 0; i < 3; i += 1) {
    await server.issueKey({ name: `key ${i}` });
    await server.issueKey({ name: `key ${i}` }, "other");
  }
  cursor = (await list("?limit=1")).json.nextCursor;
  before = await inventory(server);
});
afterAll(() => server?.stop());

const API = "/v1/apis/standard";
const list = (query: string, of = `${API}/api-keys`) => server.operator("GET", `${of}${query}`);

test("pages follow one another to the end, each key once", async () => {
  const names: string[] = [];
  let query = "?limit=1";
  for (let page = 0; page < 10 && query !== ""; page += 1) {
    const { json } = await list(query);
    names.push(...json.data.map(({ name }: { name: string }) => name));
    query = json.nextCursor === null ? "" : `?limit=1&cursor=${json.nextCursor}`;
  }
  expect(names.filter((name) => name.startsWith("key"))).toEqual(["key 2", "key 1", "key 0"]);
});

describe("a cursor that this list did not give out is 400 INVALID_CURSOR:", () => {
  test("with any one character changed", async () => {
    for (let i = 0; i < cursor.length; i += 3) {
      const letter = cursor[i] === "A" ? "B" : "A";
      const tampered = cursor.slice(0, i) + letter + cursor.slice(i + 1);
      expectRefusal(await list(`?cursor=${tampered}`), 400, "INVALID_CURSOR");
    }
  });

  test.each<[string, (cursor: string) => string]>([
    ["cut short", (c) => c.slice(0, -1)],
    ["without its first character", (c) => c.slice(1)],
    ["with more after it", (c) => `${c}A`],
    ["twice in one", (c) => c + c],
    ["in other letters", (c) => c.toUpperCase()],
    ["with white space", (c) => `${c}%20`],
    ["with padding", (c) => `${c}=`],
    ["empty", () => ""],
    ["a word", () => "next"],
    ["a number", () => "0"],
    ["base64url of JSON", () => Buffer.from('{"at":0,"id":"key_0"}').toString("base64url")],
    ["bytes that are no text", () => "%00%ff"],
    ["SQL", () => "1'%20or%20'1'='1"],
  ])("%s", async (_what, tamper) => {
    expectRefusal(await list(`?cursor=${tamper(cursor)}`), 400, "INVALID_CURSOR");
  });

  test("of another list, another API, or another question", async () => {
    for (const of of [`${API}/accounts`, `${API}/events`, `${API}/usage`, "/v1/operator-tokens"]) {
      expectRefusal(await list(`?cursor=${cursor}`, of), 400, "INVALID_CURSOR");
    }
    const elsewhere = await list(`?cursor=${cursor}`, "/v1/apis/other/api-keys");
    expectRefusal(elsewhere, 400, "INVALID_CURSOR");
    const narrowed = await list(`?accountId=${TEST_ACCOUNT}&cursor=${cursor}`);
    expectRefusal(narrowed, 400, "INVALID_CURSOR");
  });

  test("of another deployment, whose master key is another", async () => {
    await using second = await startServer();
    await second.issueKey();
    await second.issueKey();
    const { json } = await second.operator("GET", `${API}/api-keys?limit=1`);
    expectRefusal(await list(`?cursor=${json.nextCursor}`), 400, "INVALID_CURSOR");
  });
});

describe("a query is 400 that names the parameter for", () => {
  test.each([
    ["limit=0", "limit"],
    ["limit=-1", "limit"],
    ["limit=201", "limit"],
    ["limit=1e3", "limit"],
    ["limit=1.5", "limit"],
    ["limit=Infinity", "limit"],
    ["limit=-1e309", "limit"],
    ["limit=ten", "limit"],
    ["limit=", "limit"],
    ["limit=9007199254740993", "limit"],
    ["limit=1&limit=2", "limit"],
    [`cursor=${"a".repeat(513)}`, "cursor"],
    ["cursor=a&cursor=b", "cursor"],
    ["offset=5", "offset"],
    ["__proto__=1", "__proto__"],
    ["accountId=", "accountId"],
  ])("%s", async (query, field) => {
    expectRefusal(await list(`?${query}`), 400, "INVALID_REQUEST", field);
  });

  test.each([
    ["from=yesterday", "from"],
    ["from=2030-02-30T00:00:00Z", "from"],
    ["to=1893456000", "to"],
    [`type=${"x".repeat(65)}`, "type"],
    ["type=%00", "type"],
  ])("events?%s", async (query, field) => {
    expectRefusal(await list(`?${query}`, `${API}/events`), 400, "INVALID_REQUEST", field);
  });
});

test("a wait without an end is refused before anything is done", async () => {
  const { id } = await server.issueKey();
  for (const wait of ["Infinity", "1e309", "30001"]) {
    const answer = await server.operator("POST", `${API}/api-keys/${id}/revoke?wait=${wait}`);
    expectRefusal(answer, 400, "INVALID_REQUEST", "wait");
  }
  const { json } = await server.operator("GET", `${API}/api-keys/${id}`);
  expect(json.status).toBe("active");
  await server.operator("POST", `${API}/api-keys/${id}/revoke`);
});

describe("Idempotency-Key", () => {
  const post = (value: string | readonly string[], body: unknown, at = `${API}/accounts`) => {
    const authorization = `Bearer ${server.operatorToken}`;
    const headers = { authorization, "idempotency-key": value };
    return server.ask({ method: "POST", path: at, headers, body });
  };

  test("with another body is 422, and the first answer stays", async () => {
    const first = await post("one", { name: "First" });
    expect(first.status).toBe(201);
    for (const body of [{ name: "Second" }, '{ "name": "First" }', {}, "{"]) {
      const again = await post("one", body);
      if (body === "{") expectRefusal(again, 400, "INVALID_JSON");
      else if (JSON.stringify(body) === "{}") expectRefusal(again, 400, "INVALID_REQUEST");
      else expectRefusal(again, 422, "IDEMPOTENCY_KEY_REUSED");
    }
    const elsewhere = await post("one", { accountId: TEST_ACCOUNT }, `${API}/users`);
    expectRefusal(elsewhere, 422, "IDEMPOTENCY_KEY_REUSED");
    expect(await post("one", { name: "First" })).toMatchObject({ status: 201, text: first.text });
    before = await inventory(server);
  });

  test("of 1 to 128 characters is taken, any other is 400", async () => {
    const taken = await post("x".repeat(128), { name: "Long" });
    expect(taken.status).toBe(201);
    before = await inventory(server);
    for (const value of ["", "x".repeat(129), ["a", "b"]]) {
      expectRefusal(
        await post(value, { name: "Never" }),
        400,
        "INVALID_REQUEST",
        "idempotency-key",
      );
    }
  });

  test("of another caller is another key", async () => {
    const made = await server.operator("POST", "/v1/operator-tokens", { name: "b", role: "admin" });
    const headers = { authorization: `Bearer ${made.json.token}`, "idempotency-key": "one" };
    const body = { name: "Second" };
    const answer = await server.ask({ method: "POST", path: `${API}/accounts`, headers, body });
    expect(answer.status).toBe(201);
    expect(answer.json.name).toBe("Second");
    before = await inventory(server);
  });

  test("of a call that was refused may be used again", async () => {
    expectRefusal(await post("retry", { name: "" }), 400, "INVALID_REQUEST", "name");
    const gone = { accountId: "acct_nobody", name: "x" };
    expectRefusal(await post("retry", gone, `${API}/api-keys`), 400, "INVALID_REQUEST");
    expect((await post("retry", { name: "Better" })).status).toBe(201);
    before = await inventory(server);
  });

  test("ten times at once makes one", async () => {
    const body = { name: "at once", accountId: TEST_ACCOUNT };
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => post("storm", body, `${API}/api-keys`)),
    );
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
    expect(answers[0]?.status).toBe(201);
    before = await inventory(server);
    expect(
      before.filter((row) => row.includes('"name":"at once"') && row.includes('"prefix"')),
    ).toHaveLength(1);
  });
});

test("nothing changed but what was meant, and the server lives", () =>
  expectUntouched(server, before));
