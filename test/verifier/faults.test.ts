import { createVerifier, type Verifier, type VerifierProblem } from "@latchkey/sdk";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type RunningServer, startServer, waitUntil } from "../running-server.ts";
import { type Network, startTcpProxy, type TcpProxy } from "./tcp-proxy.ts";

const API = "/v1/apis/standard";

let server: RunningServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server?.stop());

let network: TcpProxy;
let verifier: Verifier;
beforeEach(async () => {
  network = await startTcpProxy(() => server.port);
  const url = `http://127.0.0.1:${network.port}`;
  verifier = await createVerifier({ url, token: server.operatorToken, api: "standard" });
});
afterEach(async () => {
  network.become("sound");
  await verifier.close();
  await network[Symbol.asyncDispose]();
});

async function outcome(key: string): Promise<string> {
  const headers = ["Authorization", `Bearer ${key}`];
  const request = { method: "GET", target: "/v2/users", headers, address: "::1", secure: true };
  const decision = await verifier.verify(request);
  return decision.outcome === "allow" ? "allow" : decision.reason;
}

/** Asks again and again until it is refused; when it was allowed last, by the wall clock. */
async function lastAllowed(key: string): Promise<number> {
  let last = 0;
  await waitUntil("it is refused", async () => {
    const before = Date.now();
    const allowed = (await outcome(key)) === "allow";
    if (allowed) last = before;
    return !allowed;
  });
  return last;
}

const NETWORKS: readonly Network[] = ["cut", "black hole", "slow"];

describe.each(NETWORKS)("behind a network that is %s,", (fault) => {
  test("6.5.4 a key revoked meanwhile is allowed no longer than the receipt says, then heals", async () => {
    const { id, key } = await server.issueKey({ scopes: ["read:users"] });
    const other = await server.issueKey({ scopes: ["read:users"] });
    expect([await outcome(key), await outcome(other.key)]).toEqual(["allow", "allow"]);
    network.become(fault);
    const { json } = await server.operator("POST", `${API}/api-keys/${id}/revoke`);
    expect(json).toMatchObject({ confirmedAt: null, verifiers: { confirmed: 0, pending: 1 } });
    const bound = Date.parse(json.boundAt);
    expect(bound - Date.parse(json.revokedAt)).toBeLessThanOrEqual(3000);
    expect(await lastAllowed(key)).toBeLessThan(bound);
    await lastAllowed(other.key);
    expect(await outcome(other.key)).toBe("source_unavailable");
    network.become("sound");
    await waitUntil("it has a lease", async () => verifier.status.mode === "memory");
    expect([await outcome(key), await outcome(other.key)]).toEqual(["credential_revoked", "allow"]);
    const later = await server.operator("POST", `${API}/api-keys/${id}/revoke?wait=3000`);
    expect(later.json.verifiers).toEqual({ confirmed: 1, pending: 0 });
  });
});

test("a server that was killed and started again is found again, and nothing is forgotten", async () => {
  const { id, key } = await server.issueKey({ scopes: ["read:users"] });
  const other = await server.issueKey({ scopes: ["read:users"] });
  expect([await outcome(key), await outcome(other.key)]).toEqual(["allow", "allow"]);
  await server.kill();
  // While the lease holds nobody needs the server.
  expect(await outcome(key)).toBe("allow");
  await lastAllowed(key);
  await server.restart();
  expect((await server.operator("POST", `${API}/api-keys/${id}/revoke`)).status).toBe(200);
  await waitUntil("it has a lease", async () => verifier.status.mode === "memory");
  expect([await outcome(key), await outcome(other.key)]).toEqual(["credential_revoked", "allow"]);
});

test("closing waits two seconds for a server that takes the last report and never answers", async () => {
  const { key } = await server.issueKey({ scopes: ["read:users"] });
  const problems: VerifierProblem[] = [];
  const url = `http://127.0.0.1:${network.port}`;
  const onProblem = (problem: VerifierProblem) => problems.push(problem);
  const closing = await createVerifier({
    ...{ url, token: server.operatorToken, api: "standard" },
    onProblem,
  });
  const headers = ["Authorization", `Bearer ${key}`];
  const request = { method: "GET", target: "/v2/users", headers, address: "::1", secure: true };
  expect((await closing.verify(request)).outcome).toBe("allow");
  network.become("black hole");
  const begun = performance.now();
  await Promise.all([closing.close(), closing.close()]);
  expect(performance.now() - begun).toBeLessThan(8000);
  await waitUntil("it is told", async () => problems.length > 0);
  expect(problems.map(({ kind, message }) => `${kind}: ${message}`)).toEqual([
    "usage: it was closed before the server answered",
  ]);
});
