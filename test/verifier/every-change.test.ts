import { writeFileSync } from "node:fs";
import path from "node:path";
import { createVerifier, type Verifier } from "@latchkey/sdk";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { newClient, pairOf } from "../calcom-platform.ts";
import { type RunningServer, startServer, TEST_ACCOUNT, waitUntil } from "../running-server.ts";
import { sharedJwt } from "../signed-jwt.ts";
import { startTcpProxy, type TcpProxy } from "./tcp-proxy.ts";

/** What `/pro` takes is a plan, and of `/admin` the policy says it. */
const policyWith = (adminScope: string, staleSeconds = 0) => ({
  apis: [
    {
      slug: "acme",
      extends: "standard",
      plans: ["FREE", "PRO"],
      entitlements: { account: { "": null, Pro: "PRO" } },
      verifiers: { staleSeconds },
      endpoints: [
        { match: "/pro/**", family: "Pro" },
        { match: "/admin/**", scopes: [adminScope] },
      ],
    },
    { slug: "calcom", extends: "calcom" },
  ],
});

let server: RunningServer;
/** Stays where it is when the server comes back at another port. */
let address: TcpProxy;
let acme: Verifier;
let calcom: Verifier;
beforeAll(async () => {
  server = await startServer({ policy: policyWith("read:users") });
  address = await startTcpProxy(() => server.port);
  const options = { url: `http://127.0.0.1:${address.port}`, token: server.operatorToken };
  acme = await createVerifier({ ...options, api: "acme" });
  calcom = await createVerifier({ ...options, api: "calcom" });
});
afterAll(async () => {
  await acme?.close();
  await calcom?.close();
  await address?.[Symbol.asyncDispose]();
  await server?.stop();
});

function ask(verifier: Verifier, target: string, headers: Readonly<Record<string, string>>) {
  const lines = Object.entries(headers).flat();
  const request = { method: "GET", target, headers: lines, address: "::1", secure: true };
  return verifier.verify(request);
}

const told = (decision: Awaited<ReturnType<typeof ask>>) =>
  decision.outcome === "allow" ? "allow" : decision.reason;
const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

/** What holds once the change has travelled, which a call that answers does not wait for. */
async function comesTo(outcome: string, decide: () => ReturnType<typeof ask>): Promise<void> {
  await waitUntil(`it is ${outcome}`, async () => told(await decide()) === outcome);
}

async function change(method: string, url: string, body: object = {}): Promise<void> {
  const { status } = await server.operator(method, `/v1/apis${url}`, body);
  expect([url, status]).toEqual([url, 200]);
}

test("an account that is suspended and resumed, and a plan that is raised and lowered", async () => {
  const { id } = await server.create("acme", "accounts", { name: "Pro", plan: "PRO" });
  const { key } = await server.issueKey({ accountId: id }, "acme");
  const decide = () => ask(acme, "/pro/report", bearer(key));
  await comesTo("allow", decide);
  await change("PATCH", `/acme/accounts/${id}`, { plan: "FREE" });
  await comesTo("plan_insufficient", decide);
  await change("PATCH", `/acme/accounts/${id}`, { plan: "PRO" });
  await comesTo("allow", decide);
  await change("POST", `/acme/accounts/${id}/suspend`);
  await comesTo("account_suspended", decide);
  await change("POST", `/acme/accounts/${id}/resume`);
  await comesTo("allow", decide);
});

test("scopes that are taken away and given", async () => {
  const { id, key } = await server.issueKey({ scopes: ["read:users"] }, "acme");
  const decide = () => ask(acme, "/v2/users", bearer(key));
  await comesTo("allow", decide);
  await change("PATCH", `/acme/api-keys/${id}`, { scopes: [] });
  await comesTo("scope_insufficient", decide);
  await change("PATCH", `/acme/api-keys/${id}`, { scopes: ["read:all"] });
  await comesTo("allow", decide);
});

test("a user who is taken out of an account, with their key and whatever names them", async () => {
  const { id: userId } = await server.create("acme", "users", { accountId: TEST_ACCOUNT });
  const { key } = await server.issueKey({ userId, scopes: ["read:users"] }, "acme");
  const { key: other } = await server.issueKey({ scopes: ["read:users"] }, "acme");
  const decide = (secret: string) => ask(acme, "/v2/users", bearer(secret));
  await comesTo("allow", () => decide(key));
  await comesTo("allow", () => decide(other));
  const path = `/acme/users/${userId}/memberships/revoke?wait=5000`;
  await change("POST", path, { accountId: TEST_ACCOUNT });
  expect(told(await decide(key))).toBe("credential_revoked");
  expect(told(await decide(other))).toBe("allow");
});

test("an application that is revoked, with a secret of which only a digest is known here", async () => {
  const { id } = await server.create("calcom", "accounts", { name: "P", kind: "platform" });
  const client = await newClient(server, id);
  const target = `/v2/oauth-clients/${client.clientId}/users`;
  await comesTo("allow", () => ask(calcom, target, pairOf(client)));
  const wrong = pairOf(client, { clientSecret: "0".repeat(64) });
  expect(told(await ask(calcom, target, wrong))).toBe("secret_wrong");
  expect(calcom.status.online).toBe(0);
  const list = await server.operator("GET", "/v1/apis/calcom/applications");
  await change("POST", `/calcom/applications/${list.json.data[0].id}/revoke`);
  await waitUntil("it is refused", async () => {
    return told(await ask(calcom, target, pairOf(client))) !== "allow";
  });
});

describe("a token under a secret that is kept from verifiers", () => {
  const issuer = "https://issuer.example.com";
  let id: string;
  let secret: string;
  beforeAll(async () => {
    const draft = { accountId: TEST_ACCOUNT, issuer };
    ({ id, secret } = await server.create("acme", "jwt-secrets", draft));
  });
  const tokenOf = (subject: string, by = secret) =>
    sharedJwt(by, { iss: issuer, sub: subject, scopes: ["read:users"] });
  const decide = (token: string) => ask(acme, "/v2/users", bearer(token));

  test("is asked about once, then decided here without a promise", async () => {
    const token = tokenOf("u1");
    expect(await decide(token)).toMatchObject({
      outcome: "allow",
      principal: { kind: "user", accountId: TEST_ACCOUNT, subject: "u1" },
      limit: { decidedBy: "local" },
    });
    expect(decide(token)).toMatchObject({ outcome: "allow" });
    expect(told(await decide(tokenOf("u1", "another secret of more than 32 bytes")))).toBe(
      "signature_invalid",
    );
    expect(acme.status.online).toBe(0);
  });

  test("ends as soon as the receipt of its secret's revocation says so", async () => {
    const token = tokenOf("u2");
    expect(told(await decide(token))).toBe("allow");
    const url = `/v1/apis/acme/jwt-secrets/${id}/revoke?wait=2000`;
    expect((await server.operator("POST", url, {})).json.verifiers.pending).toBe(0);
    expect(decide(token)).toMatchObject({ reason: "credential_revoked" });
    expect(acme.status.online).toBe(0);
  });
});

async function restartWith(policy: object): Promise<void> {
  await server.end();
  writeFileSync(path.join(server.folder, "latchkey.config.json"), JSON.stringify(policy));
  await server.restart();
}

test("a policy that changes while the server is restarted", async () => {
  const { key } = await server.issueKey({ scopes: ["read:users"] }, "acme");
  const decide = () => ask(acme, "/admin/panel", bearer(key));
  await comesTo("allow", decide);
  await restartWith(policyWith("write:users"));
  await comesTo("scope_insufficient", decide);
  await waitUntil("it has a lease", async () => acme.status.mode === "memory");
});

test("a policy that lets nothing be stale any more, of which one who is cut off never heard", async () => {
  await restartWith(policyWith("read:users", 300));
  const { id, key } = await server.issueKey({ scopes: ["read:users"] }, "acme");
  const decide = () => ask(acme, "/admin/panel", bearer(key));
  // The server may have decided about it before.
  await waitUntil("it decides by itself", async () => {
    const decision = decide();
    return !(decision instanceof Promise) && told(decision) === "allow";
  });
  address.become("cut");
  await restartWith(policyWith("read:users"));
  await waitUntil("it is stale", async () => {
    return told(await decide()) === "allow" && acme.status.stale > 0;
  });
  const { json } = await server.operator("POST", `/v1/apis/acme/api-keys/${id}/revoke`, {});
  expect(json).toMatchObject({ confirmedAt: null, verifiers: { confirmed: 0, pending: 1 } });
  expect(Date.parse(json.boundAt) - Date.parse(json.revokedAt)).toBeGreaterThan(200_000);
  expect(told(await decide())).toBe("allow");
  address.become("sound");
  await comesTo("credential_revoked", decide);
});
