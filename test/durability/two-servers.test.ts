import { randomBytes } from "node:crypto";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type RunningServer, startServer, waitUntil } from "../running-server.ts";

const LEASE_MILLIS = 3000;

let first: RunningServer;
let second: RunningServer;
beforeEach(async () => {
  const env = { LATCHKEY_SECRET: randomBytes(32).toString("base64url") };
  first = await startServer({ env });
  const database = { LATCHKEY_DATABASE_URL: `sqlite:${first.database}` };
  second = await startServer({ env: { ...env, ...database } });
});
afterEach(async () => {
  await second?.stop();
  await first.stop();
});

async function statusOf({ ask }: RunningServer, key: string): Promise<number> {
  const headers = { authorization: `Bearer ${key}` };
  return (await ask({ path: "/standard/v2/auth/test", headers })).status;
}

/** Revokes a key; how many milliseconds later, at most, it has ended everywhere. */
async function boundOf(by: RunningServer, { id }: { readonly id: string }): Promise<number> {
  const revoked = await by.operator("POST", `/v1/apis/standard/api-keys/${id}/revoke`);
  expect(revoked.status).toBe(200);
  return Date.parse(revoked.json.boundAt) - Date.parse(revoked.json.revokedAt);
}

test("receipts of either count the other in, for as long as it lives", async () => {
  expect(first.log()).not.toContain("another server has this database open");
  expect(second.log()).toContain("another server has this database open");
  const [one, two, three] = [
    await first.issueKey(),
    await first.issueKey(),
    await first.issueKey(),
  ];
  await waitUntil("the second knows it", async () => (await statusOf(second, one.key)) === 200);
  expect(await boundOf(first, one)).toBeGreaterThanOrEqual(LEASE_MILLIS);
  expect(await boundOf(second, two)).toBeGreaterThanOrEqual(LEASE_MILLIS);
  await waitUntil("the second has heard", async () => (await statusOf(second, one.key)) === 401);
  await second.kill();
  expect(await boundOf(first, three)).toBeLessThan(LEASE_MILLIS);
});
