import { afterAll, beforeAll, expect, test } from "vitest";
import { type ManagementApp, openManagementApp } from "../../testing/management-app.ts";

let it: ManagementApp;
let counters: "away" | "there" = "there";
beforeAll(async () => {
  const probe = async () => {
    if (counters === "away") throw new Error("connection refused at 10.1.2.3");
  };
  it = await openManagementApp({ probes: { counters: probe } });
});
afterAll(() => it.close());

test("healthz answers whoever asks", async () => {
  const answer = await it.call("GET", "/healthz", { token: null });
  expect(answer).toMatchObject({ status: 200, json: { status: "ok" } });
});

test("readyz says which part does not answer, and not why", async () => {
  const ready = await it.call("GET", "/readyz", { token: null });
  expect([ready.status, ready.json]).toEqual([
    200,
    { status: "ready", checks: { store: "ok", counters: "ok" } },
  ]);
  counters = "away";
  const away = await it.call("GET", "/readyz", { token: null });
  counters = "there";
  expect([away.status, away.json]).toEqual([
    503,
    { status: "unavailable", checks: { store: "ok", counters: "unavailable" } },
  ]);
  expect(it.logged.join("")).toContain("10.1.2.3");
});

test("metrics are open to loopback, and to any operator from elsewhere", async () => {
  const from = (remoteAddress: string, headers: Record<string, string> = {}) =>
    it.app.inject({ url: "/metrics", remoteAddress, headers });
  const authorization = `Bearer ${await it.operator("verifier")}`;
  const statuses = await Promise.all([
    from("127.0.0.1"),
    from("::1"),
    from("::ffff:127.0.0.1"),
    from("192.0.2.1"),
    from("127.0.0.1", { "x-forwarded-for": "192.0.2.1" }),
    from("192.0.2.1", { "x-forwarded-for": "127.0.0.1" }),
    from("192.0.2.1", { authorization: "Bearer wrong" }),
    from("192.0.2.1", { authorization }),
  ]);
  expect(statuses.map(({ statusCode }) => statusCode)).toEqual([
    200, 200, 200, 401, 401, 401, 401, 200,
  ]);
});

test.each([
  ["x-forwarded-for", "192.0.2.1"],
  ["x-forwarded-host", "auth.example.com"],
  ["x-forwarded-proto", "https"],
  ["x-real-ip", "192.0.2.1"],
  ["forwarded", "for=192.0.2.1"],
  ["via", "1.1 proxy"],
])("metrics are not open to loopback where a proxy says %s", async (name, value) => {
  const asked = { url: "/metrics", remoteAddress: "127.0.0.1", headers: { [name]: value } };
  expect((await it.app.inject(asked)).statusCode).toBe(401);
});

test("metrics are Prometheus text of the process, the decisions and the calls, without ids", async () => {
  const { json } = await it.call("POST", "/v1/apis/standard/accounts", { body: { name: "x" } });
  await it.call("GET", `/v1/apis/standard/accounts/${json.id}`);
  const { headers, text } = await it.call("GET", "/metrics");
  expect(headers["content-type"]).toMatch(/^text\/plain; version=0\.0\.4/);
  expect(text).toContain("process_cpu_seconds_total");
  expect(text).toContain('latchkey_decisions_total{api="standard",outcome="allow",reason=""} 0');
  expect(text).toContain(
    'latchkey_http_requests_total{method="GET",route="/v1/apis/:api/accounts/:id",status="200"} 1',
  );
  expect(text).not.toContain(json.id);
  for (const line of text.split("\n").filter((line) => line !== "")) {
    expect(line).toMatch(/^(# (HELP|TYPE) \w+ .+|\w+(\{[^{}]*\})? (-?[0-9.e+-]+|nan|\+Inf))$/i);
  }
});
