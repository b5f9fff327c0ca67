import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RunningServer, startServer } from "../running-server.ts";
import { expectProfileRefusal, expectRefusal, expectUntouched, inventory } from "./refusals.ts";

let server: RunningServer;
let key = "";
let before: readonly string[] = [];
beforeAll(async () => {
  server = await startServer();
  // May do everything: whatever is refused here is refused for its path.
  key = (await server.issueKey({ scopes: ["admin:all"] })).key;
  before = await inventory(server);
});
afterAll(() => server?.stop());

const API = "/v1/apis/standard";

describe.each([
  ["dot segments", "/v2/../api-keys"],
  ["a dot segment at the end", "/v2/users/.."],
  ["a single dot", "/v2/./users"],
  ["encoded dots", "/v2/%2e%2e/api-keys"],
  ["half encoded dots", "/v2/.%2E/api-keys"],
  ["dots with a parameter", "/v2/..;a=b/api-keys"],
  ["encoded dots with a parameter", "/v2/%2e%2e;/api-keys"],
  ["an encoded slash", "/v2%2fusers"],
  ["an encoded slash in a segment", "/v2/users/a%2F..%2Fb"],
  ["a backslash", "/v2\\users"],
  ["an encoded backslash", "/v2%5cusers"],
  ["backslashes and dots", "/v2/..\\..\\api-keys"],
  ["a double slash", "/v2//users"],
  ["two slashes at the end", "/v2/users//"],
  ["an encoded NUL", "/v2/users/%00"],
  ["an encoded line end", "/v2/users/%0d%0aX-Admin:%20true"],
  ["an encoded delete", "/v2/users/%7f"],
  ["a percent sign alone", "/v2/users/%"],
  ["a percent sign and no hex", "/v2/users/%zz"],
  ["bytes that are no UTF-8", "/v2/users/%ff"],
  ["an overlong slash", "/v2/users/%c0%af"],
  ["an overlong dot", "/v2/%c0%ae%c0%ae/api-keys"],
  ["an encoded surrogate", "/v2/users/%ed%a0%80"],
  ["a fragment", "/v2/users#/../api-keys"],
  ["more than 8192 characters", `/v2/${"a".repeat(8192)}`],
])("a path with %s is 400", (_what, path) => {
  test("at the facade", async () => {
    const headers = { authorization: `Bearer ${key}` };
    const answer = await server.ask({ path: `/standard${path}`, headers });
    expect(answer.status).toBe(400);
    expect(answer.json.error).toMatchObject({
      code: "INVALID_REQUEST",
      message: expect.any(String),
    });
  });

  test.each(["forwarded", "original"])("at forward-auth, in the %s headers", async (family) => {
    const [method, uri] =
      family === "forwarded"
        ? ["x-forwarded-method", "x-forwarded-uri"]
        : ["x-original-method", "x-original-uri"];
    const answer = await server.ask({
      path: `${API}/forward-auth?headers=${family}`,
      headers: {
        authorization: `Bearer ${key}`,
        "x-latchkey-token": server.operatorToken,
        [method as string]: "GET",
        [uri as string]: path,
      },
    });
    expectProfileRefusal(answer, 400);
  });

  test("at forward-auth, in the path suffix", async () => {
    const answer = await server.ask({
      path: `${API}/forward-auth${path}`,
      headers: { authorization: `Bearer ${key}`, "x-latchkey-token": server.operatorToken },
    });
    expectProfileRefusal(answer, 400);
  });

  test("in what verify is told, as a path and as a URL", async () => {
    for (const url of [path, `https://api.example.com${path}`]) {
      const request = { method: "GET", url, headers: { authorization: `Bearer ${key}` } };
      const { status, json } = await server.operator("POST", `${API}/verify`, { request });
      expect(status).toBe(200);
      expect(json).toMatchObject({ outcome: "deny", reason: "path_malformed", status: 400 });
    }
  });
});

describe("other spellings of a path mean what they say:", () => {
  const at = async (path: string) => {
    const headers = { authorization: `Bearer ${key}` };
    return server.ask({ path, headers });
  };
  const matched = async (path: string): Promise<string> => {
    const { status, json } = await at(path);
    expect([path, status]).toEqual([path, 200]);
    return json.requirement.match;
  };

  test("encoded letters are decoded once before they are matched", async () => {
    expect(await matched("/standard/v2/%75sers/a")).toBe("GET /v2/users/**");
    expect(await matched("/standard/v2/%2575sers/a")).not.toBe("GET /v2/users/**");
    expect(await matched("/standard/v2/users/%252e%252e")).toBe("GET /v2/users/**");
  });

  test("case counts", async () => {
    expect(await matched("/standard/V2/users")).not.toBe("GET /v2/users/**");
    expect((await at("/STANDARD/v2/users")).status).toBe(404);
  });

  test("one trailing slash does not", async () => {
    expect(await matched("/standard/v2/users/")).toBe("GET /v2/users/**");
    expect((await at("/standard/v2/auth/test/?x=/")).json).toMatchObject({ valid: true });
    expect((await at("/standard/v2/api-keys/")).json.data).toHaveLength(1);
    expect((await at("/standard/")).json).toMatchObject({ latchkey: "echo" });
  });

  test("a fragment is no end of an endpoint that the authorization server has", async () => {
    const body = { redirect_uris: ["https://client.example/"] };
    const path = "/standard/oauth/register/#";
    expectProfileRefusal(await server.ask({ method: "POST", path, body }), 400);
  });

  test("a mount in another spelling is no mount", async () => {
    for (const path of ["/stand%61rd/v2/users", "/%73tandard/v2/users"]) {
      expectProfileRefusal(await at(path), 400);
    }
    expect((await at("//standard/v2/users")).status).toBe(404);
    expect((await at("/standardx/v2/users")).status).toBe(404);
  });

  test("a query is no path", async () => {
    expect(await matched("/standard/v2/users?/../../api-keys")).toBe("GET /v2/users/**");
    expect(await matched("/standard/v2/users?x=%zz&y=\\")).toBe("GET /v2/users/**");
  });
});

describe("the management API finds nothing at", () => {
  test.each([
    `${API}/api-keys/..%2faccounts`,
    `${API}/api-keys/%2e%2e`,
    `${API}/api-keys/../accounts`,
    `${API}/api-keys/key_${"a".repeat(65)}`,
    `${API}/api-keys/KEY_a`,
    `${API}/api-keys/${"a".repeat(2000)}`,
    `${API}/accounts/acct_test%00`,
    `${API}/accounts/acct_test'--`,
    "/v1/apis/__proto__/accounts",
    "/v1/apis/constructor/accounts",
    "/v1/apis/toString/accounts",
    "/v1/apis/*/accounts",
    "/v1/apis/Standard/accounts",
    "/v1//apis",
    "/v1/apis/",
    "/v1/apis/standard/forward%2dauth",
    "/v1/apis/stand%61rd/forward-authx",
    "/.latchkey/latchkey.db",
    "/dashboard/../v1/apis",
    "/dashboard/..%2f..%2fpackage.json",
  ])("%s", async (path) => {
    expectRefusal(await server.operator("GET", path), 404, "NOT_FOUND");
  });

  test("an API that is only a name of JavaScript's, at every door", async () => {
    for (const slug of ["__proto__", "constructor", "hasOwnProperty"]) {
      const request = { method: "GET", url: "/", headers: {} };
      const verify = await server.operator("POST", `/v1/apis/${slug}/verify`, { request });
      expectRefusal(verify, 404, "NOT_FOUND");
      const headers = { "x-latchkey-token": server.operatorToken };
      const forward = await server.ask({ path: `/v1/apis/${slug}/forward-auth`, headers });
      expectRefusal(forward, 404, "NOT_FOUND");
      expectRefusal(await server.ask({ path: `/${slug}/v2/auth/test` }), 404, "NOT_FOUND");
    }
  });

  test("and says 400 for a path that cannot be decoded", async () => {
    for (const path of ["/v1/%zz", "/%", "/v1/apis/%ff/accounts"]) {
      expectRefusal(await server.operator("GET", path), 400, "INVALID_REQUEST");
    }
  });
});

test("nothing changed, and the server lives", () => expectUntouched(server, before));
