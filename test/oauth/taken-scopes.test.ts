import { createVerifier } from "@latchkey/sdk";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningServer, startServer, TEST_ACCOUNT, waitUntil } from "../running-server.ts";

// What is taken from an application is taken from the tokens that it has, wherever they are shown.

const BOTH = "read:users read:projects";
const REDIRECT = "https://reports.example/callback";

let server: RunningServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server?.stop());

test.each(["opaque", "jwt"])("a scope is taken from %s tokens", async (accessTokenFormat) => {
  const { id, clientId, clientSecret } = await server.create("standard", "applications", {
    ...{ accountId: TEST_ACCOUNT, name: "Reports", redirectUris: [REDIRECT], accessTokenFormat },
    ...{ scopes: ["read:users", "read:projects"], status: "verified" },
  });
  const post = async (path: string, params: object) => {
    const proof = { client_id: clientId, client_secret: clientSecret };
    const body = new URLSearchParams({ ...proof, ...params }).toString();
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    return (await server.ask({ method: "POST", path: `/standard/oauth/${path}`, headers, body }))
      .json;
  };
  const issue = (scope: string) => post("token", { grant_type: "client_credentials", scope });
  const both = await issue(BOTH);
  expect(both.scope).toBe(BOTH);

  const url = `http://127.0.0.1:${server.port}`;
  const verifier = await createVerifier({ url, token: server.operatorToken, api: "standard" });
  const headers = { authorization: `Bearer ${both.access_token}` };
  const inProcess = async (target: string) => {
    const asked = { method: "GET", target, headers: ["Authorization", headers.authorization] };
    return (await verifier.verify({ ...asked, address: "192.0.2.1", secure: true })).outcome;
  };
  const statuses = async () => ({
    users: (await server.ask({ path: "/standard/v2/users/1", headers })).status,
    projects: (await server.ask({ path: "/standard/v2/projects/1", headers })).status,
    inProcess: [await inProcess("/v2/users/1"), await inProcess("/v2/projects/1")],
  });
  expect(await statuses()).toEqual({ users: 200, projects: 200, inProcess: ["allow", "allow"] });

  const path = `/v1/apis/standard/applications/${id}`;
  expect(await server.operator("PATCH", path, { scopes: ["read:users"] })).toMatchObject({
    status: 200,
  });
  const left = await server.ask({ path: "/standard/v2/projects/1", headers });
  expect(left.status).toBe(403);
  await waitUntil("the verifier knows", async () => (await inProcess("/v2/projects/1")) === "deny");
  expect(await statuses()).toEqual({ users: 200, projects: 403, inProcess: ["allow", "deny"] });
  expect(await post("introspect", { token: both.access_token })).toMatchObject({
    active: true,
    scope: "read:users",
  });
  expect((await issue("read:users")).scope).toBe("read:users");
  expect((await issue(BOTH)).error).toBe("invalid_scope");

  // It comes back for tokens that are asked for from then on.
  await server.operator("PATCH", path, { scopes: ["read:users", "read:projects"] });
  expect((await issue(BOTH)).scope).toBe(BOTH);
  expect((await server.ask({ path: "/standard/v2/projects/1", headers })).status).toBe(403);
  await verifier.close();
});
