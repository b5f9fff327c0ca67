import { createVerifier, type Verifier } from "@latchkey/sdk";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RunningServer, startServer, TEST_ACCOUNT, waitUntil } from "../running-server.ts";
import { sharedJwt } from "../signed-jwt.ts";
import { inOneHour } from "../whole-hour.ts";

const API = "/v1/apis/standard";

let server: RunningServer;
let verifier: Verifier;
beforeAll(async () => {
  server = await startServer();
  const url = `http://127.0.0.1:${server.port}`;
  verifier = await createVerifier({ url, token: server.operatorToken, api: "standard" });
});
afterAll(async () => {
  await verifier?.close();
  await server?.stop();
});

function requestWith(key: string, target = "/v2/users") {
  const headers = ["Authorization", `Bearer ${key}`];
  return { method: "GET", target, headers, address: "192.0.2.1", secure: true };
}

const verify = async (key: string, target?: string) => {
  const decision = await verifier.verify(requestWith(key, target));
  return decision.outcome === "allow" ? "allow" : decision.reason;
};

test("asks once, then decides in memory without a promise", async () => {
  const { key } = await server.issueKey({ scopes: ["read:users"] });
  expect(verifier.status).toMatchObject({ mode: "memory", unable: undefined });
  const first = verifier.verify(requestWith(key));
  expect(first).toBeInstanceOf(Promise);
  expect(await first).toMatchObject({ outcome: "allow", principal: { accountId: TEST_ACCOUNT } });
  expect(verifier.verify(requestWith(key))).toMatchObject({ outcome: "allow" });
  expect(verifier.status.online).toBe(0);
});

test("a signature that the server would not look at stops no question that goes with it", async () => {
  const issuer = "https://issuer.example.com";
  const draft = { accountId: TEST_ACCOUNT, issuer };
  const { secret } = (await server.operator("POST", `${API}/jwt-secrets`, draft)).json;
  const claims = { iss: issuer, sub: "anyone", scopes: ["read:users"] };
  const token = sharedJwt(Buffer.from(secret).toString(), claims);
  const { key } = await server.issueKey({ scopes: ["read:users"] });
  expect(await verify(sharedJwt("a secret that nobody knows but me", claims))).toBe(
    "signature_invalid",
  );
  const asked = verifier.status.online;
  const tooLong = token.replace(/[^.]+$/, "A".repeat(2000));
  const [refused, allowed] = [verify(tooLong), verify(key)];
  expect([await refused, await allowed]).toEqual(["signature_invalid", "allow"]);
  expect(verifier.verify(requestWith(key))).toMatchObject({ outcome: "allow" });
  expect(verifier.status.online).toBe(asked);
});

test("renders as the profile's document says, for browsers too", async () => {
  const request = requestWith("lk_live_nothing");
  const decision = await verifier.verify(request);
  const requestId = verifier.requestIdOf(request);
  const { status, headers, body } = verifier.render(decision, { request, requestId });
  const answer = await server.ask({
    path: "/standard/v2/users",
    headers: { authorization: "Bearer lk_live_nothing", "x-request-id": requestId },
  });
  expect([status, body]).toEqual([answer.status, answer.text]);
  for (let i = 0; i < headers.length; i += 2) {
    const name = String(headers[i]).toLowerCase();
    expect([name, answer.headers[name]]).toEqual([name, headers[i + 1]]);
  }
});

test("answers a request under one id, however often it is asked for", () => {
  const headers = ["Authorization", "Bearer x"];
  for (const each of [headers, Object.freeze([...headers])]) {
    const id = verifier.requestIdOf({ headers: each });
    expect(verifier.requestIdOf({ headers: each })).toBe(id);
    expect(verifier.requestIdOf({ headers: [...headers] })).not.toBe(id);
  }
  expect(verifier.requestIdOf({ headers: ["X-Request-ID", "own"] })).toBe("own");
});

describe("what has ended is refused as soon as its receipt says so:", () => {
  test("a revoked key", async () => {
    const { id, key } = await server.issueKey({ scopes: ["read:users"] });
    expect(await verify(key)).toBe("allow");
    const receipt = await server.operator("POST", `${API}/api-keys/${id}/revoke?wait=2000`);
    expect(receipt.json.verifiers).toEqual({ confirmed: 1, pending: 0 });
    expect(verifier.verify(requestWith(key))).toMatchObject({ reason: "credential_revoked" });
  });
});

test("usage and last use reach the server", async () => {
  await inOneHour();
  const { id, key } = await server.issueKey({ scopes: ["read:users"] });
  for (let n = 0; n < 3; n += 1) await verify(key);
  await verify(key, "/v2/projects");
  await waitUntil("usage is written", async () => {
    const usage = await server.operator("GET", `${API}/usage?credentialId=${id}`);
    const counts = usage.json.data.map((row: { outcome: string; count: number }) => [
      row.outcome,
      row.count,
    ]);
    return JSON.stringify(counts) === '[["deny",1],["allow",3]]';
  });
  const used = await server.operator("GET", `${API}/api-keys/${id}`);
  expect(used.json.lastUsedAt).not.toBeNull();
  const overview = await server.operator("GET", `${API}/overview`);
  // Each decision of this verifier was timed, the question about the key included.
  expect(overview.json.latency.whole.decisions).toBeGreaterThanOrEqual(4);
  expect(overview.json.latency.whole.p99Micros).toBeGreaterThan(100);
});
