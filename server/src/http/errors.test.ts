import { ApiError } from "@latchkey/engine";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ManagementApp, openManagementApp } from "../testing/management-app.ts";

let it: ManagementApp;
beforeAll(async () => {
  const door = async (app: ManagementApp["app"]) => {
    app.get("/bug", { config: { public: "a test" } }, async () => {
      throw new Error("select * from secrets");
    });
    app.get("/text", { config: { public: "a test" } }, async () => {
      throw "select * from secrets";
    });
    app.get("/away", { config: { public: "a test" } }, async () => {
      const cause = new Error("connect ECONNREFUSED 10.1.2.3:5432");
      throw new ApiError("STORE_UNAVAILABLE", "The database is away.", { cause });
    });
  };
  it = await openManagementApp({ doors: [door] });
});
afterAll(() => it.close());

test.each(["/bug", "/text"])(
  "a fault of ours at %s is a 500 that says nothing of it",
  async (path) => {
    const headers = { "x-request-id": `req-of${path.replace("/", "-")}` };
    const answer = await it.call("GET", path, { headers });
    expect([answer.status, answer.json]).toEqual([
      500,
      {
        error: {
          code: "INTERNAL",
          message: "Something went wrong on our side; the request id finds it in the log.",
          requestId: headers["x-request-id"],
        },
      },
    ]);
    const line = it.logged.find(
      (logged) => logged.includes(headers["x-request-id"]) && logged.includes('"level":50'),
    );
    expect(line).toContain("select * from secrets");
  },
);

test("an unavailable store is a 503 with Retry-After, and its address stays in the log", async () => {
  const answer = await it.call("GET", "/away");
  expect(answer).toMatchObject({ status: 503, json: { error: { code: "STORE_UNAVAILABLE" } } });
  expect(answer.headers["retry-after"]).toBe("1");
  expect(answer.text).not.toContain("10.1.2.3");
  expect(it.logged.join("")).toContain("10.1.2.3");
});
