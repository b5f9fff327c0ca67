import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningServer, startServer } from "./running-server.ts";

let server: RunningServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());

const explain = (curl: string, ip?: string) =>
  server.operator("POST", "/v1/apis/standard/explain", ip === undefined ? { curl } : { curl, ip });
const AT = "https://api.example.com/standard/v2/projects/7";

test("says why, what helps and what the caller gets; spends and records nothing", async () => {
  const { key, id } = await server.issueKey();
  const { status, json } = await explain(`curl -X DELETE ${AT} -H 'Authorization: Bearer ${key}'`);
  expect(status).toBe(200);
  expect(json).toMatchObject({
    decision: { outcome: "deny", reason: "scope_insufficient", response: { status: 403 } },
    request: { method: "DELETE", path: "/v2/projects/7" },
    mistakes: [],
    warnings: [],
  });
  expect(json.decision.trace.at(-1)).toMatchObject({ step: "scopes", outcome: "refused" });
  expect([json.meaning, json.remedy]).toEqual([expect.any(String), expect.any(String)]);
  expect(json.request.credentials).toEqual([`Authorization: Bearer lk_live_…${key.slice(-4)}`]);
  const { json: read } = await server.operator("GET", `/v1/apis/standard/api-keys/${id}`);
  expect(read.lastUsedAt).toBeNull();
});

test("the documents show the steps, headers and comparisons that there are", async () => {
  const page = (name: string) =>
    readFileSync(new URL(`../docs/${name}.md`, import.meta.url), "utf8");
  const { key } = await server.issueKey();
  const { json } = await explain(`curl -X DELETE ${AT} -H 'Authorization: Bearer ${key}'`);
  const real: readonly { step: string; detail: string }[] = json.decision.trace;
  const block = page("reference/http").match(/(?<=^```json\n)[^`]*"trace"[^`]*(?=^```$)/m)?.[0];
  const shown = JSON.parse(block ?? "");
  const steps = real.map(({ step }) => step);
  expect(shown.trace.map(({ step }: { step: string }) => step)).toEqual(steps);
  expect(Object.keys(shown.response.headers)).toEqual(Object.keys(json.decision.response.headers));
  const guide = page("guide/why-was-it-refused");
  expect([...guide.matchAll(/^ {2}[✓✗] (\w+) /gm)].map(([, step]) => step)).toEqual(steps);
  const form = /^scope_insufficient: needs \S+; has \S+$/;
  expect([real.at(-1)?.detail, shown.trace.at(-1).detail]).toEqual([
    expect.stringMatching(form),
    expect.stringMatching(form),
  ]);
  const known = real.find(({ step }) => step === "known");
  expect(known?.detail).toMatch(/^behind by at most \d+ ms$/);
});

const mistyped = (key: string) => key.slice(0, -1) + (key.endsWith("a") ? "b" : "a");

test.each([
  ["a key without Bearer", (key: string) => `Authorization: ${key}`, /`Bearer ` is missing/],
  ["a blank in the key", (key: string) => `Authorization: Bearer ${key.slice(0, 20)} x`, /white/],
  ["a mistyped key", (key: string) => `Authorization: Bearer ${mistyped(key)}`, /checksum/],
])("names the mistake: %s", async (_what, header, mistake) => {
  const { key } = await server.issueKey();
  const { json, text } = await explain(`curl ${AT} -H '${header(key)}'`);
  expect(json.mistakes.join("\n")).toMatch(mistake);
  expect(text).not.toContain(key.slice(8, 20));
});

test("rules about addresses ask where the request came from", async () => {
  const { key } = await server.issueKey({
    allowedIps: ["192.0.2.0/24"],
    scopes: ["read:projects"],
  });
  const curl = `curl ${AT} -H 'Authorization: Bearer ${key}'`;
  expect((await explain(curl)).json.decision.reason).toBe("address_not_allowed");
  expect((await explain(curl, "192.0.2.7")).json.decision.outcome).toBe("allow");
});

test.each(["wget http://localhost/", "curl", "curl 'http://x", "x".repeat(65_537), ""])(
  "what is no command is the caller's mistake (%#)",
  async (curl) => {
    const { status, json } = await explain(curl);
    expect([status, json.error.details.field]).toEqual([400, "curl"]);
  },
);

test("only who may change things may ask, and the command is not logged", async () => {
  const { json } = await server.operator("POST", "/v1/operator-tokens", {
    name: "eyes",
    role: "viewer",
  });
  const { key } = await server.issueKey();
  const body = { curl: `curl ${AT} -H 'Authorization: Bearer ${key}'` };
  const headers = { authorization: `Bearer ${json.token}` };
  const path = "/v1/apis/standard/explain";
  expect((await server.ask({ method: "POST", path, headers, body })).status).toBe(403);
  expect((await server.operator("POST", path, body)).status).toBe(200);
  expect(server.log()).not.toContain(key);
});
