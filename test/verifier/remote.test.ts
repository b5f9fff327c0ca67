import { createRemoteVerifier, type Verifier } from "@latchkey/sdk";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningServer, startServer, TEST_ACCOUNT } from "../running-server.ts";

let server: RunningServer;
let verifier: Verifier;
const problems: string[] = [];
beforeAll(async () => {
  server = await startServer();
  verifier = createRemoteVerifier({
    ...{ url: `http://127.0.0.1:${server.port}`, token: server.operatorToken, api: "standard" },
    onProblem: ({ message }) => problems.push(message),
  });
});
afterAll(async () => {
  await verifier?.close();
  await server?.stop();
});

function requestWith(key: string, more: readonly string[] = [], target = "/v2/users") {
  const headers = ["Authorization", `Bearer ${key}`, ...more];
  return { method: "GET", target, headers, address: "192.0.2.1", secure: true };
}

test("the server decides about all requests of a turn, each by itself", async () => {
  const { id, key } = await server.issueKey({ scopes: ["read:users"] });
  const asked = [
    requestWith(key),
    requestWith("lk_live_nothing"),
    requestWith(key, [], "/v2/projects"),
    requestWith(key, ["X-A", "a".repeat(20_000)]),
    requestWith(key),
  ];
  const decisions = await Promise.all(asked.map((request) => verifier.verify(request)));
  expect(decisions).toMatchObject([
    { outcome: "allow", principal: { accountId: TEST_ACCOUNT, credentialId: id } },
    { outcome: "deny", reason: "credential_malformed" },
    { outcome: "deny", reason: "scope_insufficient" },
    // The server takes no header of that length.
    { outcome: "deny", reason: "source_unavailable" },
    { outcome: "allow" },
  ]);
  expect(problems).toEqual(["the server answered 400"]);
  expect(verifier.status).toMatchObject({ mode: "online", known: 0, online: 4 });
});

test.each([
  ["a wrong token", { token: "lkop_wrong" }, "the server answered 401: it does not know the token"],
  ["another API", { api: "acme" }, /^the server answered 404: it has no API of this name/],
  ["a token that may only look", { role: "viewer" }, /^the server answered 403: the token's role/],
])("the problem of %s is told", async (_what, { role, ...wrong }: Wrong, problem) => {
  const { json } = await server.operator("POST", "/v1/operator-tokens", {
    name: "process",
    role: role ?? "verifier",
  });
  const told: string[] = [];
  const asking = createRemoteVerifier({
    ...{ url: `http://127.0.0.1:${server.port}`, token: json.token, api: "standard", ...wrong },
    onProblem: ({ message }) => told.push(message),
  });
  expect(await asking.verify(requestWith("lk_live_nothing"))).toMatchObject({ outcome: "deny" });
  expect(told).toEqual([expect.stringMatching(problem)]);
  await asking.close();
});

interface Wrong {
  readonly token?: string;
  readonly api?: string;
  readonly role?: string;
}

test("a refusal is rendered as at the mount, under the id of its own request", async () => {
  const sent = ["request-a", "request-b"].map((id) =>
    requestWith("lk_live_nothing", ["X-Request-ID", id]),
  );
  const decisions = await Promise.all(sent.map((request) => verifier.verify(request)));
  for (const [i, request] of sent.entries()) {
    const requestId = verifier.requestIdOf(request);
    expect(requestId).toBe(["request-a", "request-b"][i]);
    const decision = decisions[i];
    if (decision === undefined) throw new Error("a decision is missing");
    const { status, headers, body } = verifier.render(decision, { request, requestId });
    const answer = await server.ask({
      path: "/standard/v2/users",
      headers: { authorization: "Bearer lk_live_nothing", "x-request-id": requestId },
    });
    expect([status, body]).toEqual([answer.status, answer.text]);
    for (let n = 0; n < headers.length; n += 2) {
      const name = String(headers[n]).toLowerCase();
      expect([name, answer.headers[name]]).toEqual([name, headers[n + 1]]);
    }
  }
});

test("makes each id where that is asked for", async () => {
  const options = { url: `http://127.0.0.1:${server.port}`, token: "t", api: "standard" };
  const making = createRemoteVerifier({ ...options, requestIds: "make" });
  const request = requestWith("lk_live_nothing", ["X-Request-ID", "own"]);
  expect(making.requestIdOf(request)).toMatch(/^[0-9a-f-]{36}$/);
  expect(making.requestIdOf(request)).toBe(making.requestIdOf(request));
  await making.close();
});

test("refuses with 503 once closed, and while nobody answers", async () => {
  const options = { url: "http://127.0.0.1:9", token: "t", api: "standard" };
  const alone = createRemoteVerifier(options);
  const request = requestWith("lk_live_nothing");
  for (let round = 0; round < 2; round += 1) {
    const decision = await alone.verify(request);
    expect(decision).toMatchObject({ outcome: "deny", reason: "source_unavailable" });
    const { status } = alone.render(decision, { request, requestId: "request-1" });
    expect(status).toBe(503);
    await alone.close();
  }
  expect(alone.status.mode).toBe("closed");
});

test("what is under way when it closes is decided all the same", async () => {
  const { key } = await server.issueKey({ scopes: ["read:users"] });
  const url = `http://127.0.0.1:${server.port}`;
  const closing = createRemoteVerifier({ url, token: server.operatorToken, api: "standard" });
  const underWay = closing.verify(requestWith(key));
  // By then it has been sent.
  await new Promise(setImmediate);
  await closing.close();
  expect(await underWay).toMatchObject({ outcome: "allow" });
  expect(await closing.verify(requestWith(key))).toMatchObject({ reason: "source_unavailable" });
});
