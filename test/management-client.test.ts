import { createClient, LatchkeyError } from "@latchkey/sdk/client";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningServer, startServer, TEST_ACCOUNT } from "./running-server.ts";

let server: RunningServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());

const client = () =>
  createClient({ url: `http://127.0.0.1:${server.port}`, token: server.operatorToken });
const api = "standard";

test("issues, reads, rotates and revokes a key of a running service", async () => {
  const issued = await client().issueApiKey({
    api,
    body: { name: "CI", accountId: TEST_ACCOUNT, scopes: ["read:users"] },
  });
  expect(issued.key).toMatch(/^lk_live_/);
  const read = await client().getApiKey({ api, id: issued.id });
  expect(read).toMatchObject({ name: "CI", scopes: ["read:users"], status: "active" });
  expect(read).not.toHaveProperty("key");

  const decision = await client().verify({
    api,
    body: {
      request: {
        method: "GET",
        url: "/v2/users",
        headers: { authorization: `Bearer ${issued.key}` },
        ip: "192.0.2.1",
      },
    },
  });
  expect(decision.principal).toMatchObject({ accountId: TEST_ACCOUNT, credentialId: issued.id });

  const successor = await client().rotateApiKey({
    api,
    id: issued.id,
    body: { overlapSeconds: 0 },
  });
  expect(successor.id).not.toBe(issued.id);
  const receipt = await client().revokeApiKey({ api, id: successor.id });
  expect(Date.parse(receipt.revokedAt)).not.toBeNaN();
});

test("does what is sent twice under one Idempotency-Key once", async () => {
  const twice = () =>
    client().createAccount({ api, body: { name: "Once" } }, { idempotencyKey: "once" });
  expect((await twice()).id).toBe((await twice()).id);
});

test("walks a list of several pages from new to old", async () => {
  const names = ["One", "Two", "Three"];
  for (const name of names) await client().createAccount({ api, body: { name } });
  const seen: string[] = [];
  for await (const { name } of client().each.listAccounts({ api, limit: 1 })) seen.push(name);
  expect(seen.filter((name) => names.includes(name))).toEqual(["Three", "Two", "One"]);
});

test("throws what the service said", async () => {
  const error = await client()
    .createAccount({ api, body: { name: "" } })
    .catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(LatchkeyError);
  expect(error).toMatchObject({ status: 400, code: "INVALID_REQUEST", details: { field: "name" } });
  await expect(client().getAccount({ api, id: "acct_none" })).rejects.toMatchObject({
    status: 404,
    code: "NOT_FOUND",
  });
});

test("reads what is no JSON as text", async () => {
  expect(await client().getMetrics()).toContain("latchkey_");
});
