import { afterAll, beforeAll, expect, test } from "vitest";
import { type ManagementApp, OWNER, openManagementApp } from "../testing/management-app.ts";
import { createLog } from "./log.ts";

let it: ManagementApp;
beforeAll(async () => {
  it = await openManagementApp();
});
afterAll(() => it.close());

test("one line for each call: who, what, how it went, without query", async () => {
  await it.call("GET", "/v1/apis/standard/accounts?limit=7", {
    headers: { "x-request-id": "logged-call" },
  });
  const line = it.logged.map((text) => JSON.parse(text)).find((l) => l.requestId === "logged-call");
  expect(line).toEqual({
    level: 30,
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    requestId: "logged-call",
    method: "GET",
    path: "/v1/apis/standard/accounts",
    status: 200,
    milliseconds: expect.any(Number),
    operator: "bootstrap",
    msg: "answered",
  });
});

test("no credential that went in or out is in any line, metric or later answer", async () => {
  const canaries: string[] = [OWNER];
  const account = { id: "acct_1", name: "Acme" };
  await it.call("POST", "/v1/apis/standard/accounts", { body: account });
  const password = "canary-password-of-the-user";
  const user = { accountId: "acct_1", password };
  canaries.push(password);
  await it.call("POST", "/v1/apis/standard/users", { body: user });
  await it.call("POST", "/v1/apis/standard/users", { body: { ...user, unknown: 1 } });
  const key = await it.call("POST", "/v1/apis/standard/api-keys", {
    body: { name: "x", accountId: "acct_1" },
    headers: { "idempotency-key": "canary-idempotency-key" },
  });
  canaries.push(key.json.key, "canary-idempotency-key");
  const rotated = await it.call("POST", `/v1/apis/standard/api-keys/${key.json.id}/rotate`);
  canaries.push(rotated.json.key, await it.operator("viewer"));
  await it.call("GET", `/v1/apis?token=canary-in-query`, { token: "canary-wrong-token" });
  await it.call("GET", "/nothing?key=canary-in-query", {
    headers: { "x-latchkey-token": "canary-proxy-token", cookie: "session=canary-cookie" },
  });
  canaries.push("canary-in-query", "canary-wrong-token", "canary-proxy-token", "canary-cookie");

  const reads = ["api-keys", "users", "events", "accounts"].map(
    (noun) => `/v1/apis/standard/${noun}`,
  );
  const answers = await Promise.all(
    [...reads, "/v1/operator-tokens", "/metrics", "/dashboard/"].map((path) =>
      it.call("GET", path),
    ),
  );
  const everything = it.logged.join("\n") + answers.map(({ text }) => text).join("\n");
  expect(it.logged.length).toBeGreaterThan(8);
  for (const canary of canaries) {
    expect(canary.length).toBeGreaterThan(10);
    expect(everything).not.toContain(canary);
  }
});

test("what is named like a secret is censored wherever it is logged", () => {
  const lines: string[] = [];
  const log = createLog({ level: "info", destination: { write: (line) => lines.push(line) } });
  log.info(
    {
      authorization: "canary",
      headers: { authorization: "canary", cookie: "canary", "x-latchkey-token": "canary" },
      req: { headers: { authorization: "canary", "x-api-key": "canary" } },
      issued: { key: "canary", token: "canary", password: "canary" },
    },
    "x",
  );
  expect(lines.join("")).not.toContain("canary");
  expect(lines.join("").match(/\[redacted\]/g)).toHaveLength(9);
});
