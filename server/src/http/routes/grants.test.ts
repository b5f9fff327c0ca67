import { afterAll, beforeAll, expect, test } from "vitest";
import { aContext, digestOf } from "../../testing/builders.ts";
import { type ManagementApp, openManagementApp } from "../../testing/management-app.ts";
import { NOW } from "../../testing/now.ts";

const STANDARD = "/v1/apis/standard";
const APPLICATION = "app_1";
const MONTH = 30 * 86_400_000;

let it: ManagementApp;
beforeAll(async () => {
  it = await openManagementApp();
  for (const [accountId, userId] of PEOPLE) {
    await it.call("POST", `${STANDARD}/accounts`, { body: { id: accountId, name: "Acme" } });
    await it.call("POST", `${STANDARD}/users`, { body: { id: userId, accountId } });
  }
});
afterAll(() => it.close());

const PEOPLE = [
  ["acct_1", "user_1"],
  ["acct_2", "user_2"],
] as const;

/** A grant with one access token, whose digest is that of the grant's id. */
async function approve(id: string, changes: { userId?: string; expiresAt?: number } = {}) {
  const { userId = "user_1", expiresAt = NOW + MONTH } = changes;
  const scopes = ["read:users"];
  const context = aContext();
  const approval = { userId, applicationId: APPLICATION, scopes, refused: [] };
  const grant = { id, ...approval, payload: "{}", expiresAt };
  await it.store.write("saveGrant", grant, context);
  const names = { digest: digestOf(`${id} saved`), uidDigest: null, userCodeDigest: null };
  const part = { applicationId: APPLICATION, scopes, boundKey: null };
  const token = { ...part, id: `tok_${id.toLowerCase()}`, digest: digestOf(id) };
  const artifact = { model: "AccessToken", ...names, grantId: id, payload: "{}", expiresAt, token };
  expect((await it.store.write("saveArtifact", artifact, context)).output.saved).toBe(true);
}

const list = (query = "") => it.call("GET", `${STANDARD}/grants${query}`);

async function listed(query: string): Promise<readonly string[]> {
  const { status, json } = await list(query);
  expect(status).toBe(200);
  return json.data.map(({ id }: { id: string }) => id).toSorted();
}

async function tokenOf(id: string) {
  return (await it.store.credentials.resolve("standard", "access-token", digestOf(id))).credential;
}

const grantOf = (id: string) => it.call("GET", `${STANDARD}/grants/${id}`);

test("shows who approved what, alone and in lists, by account, user and application", async () => {
  await approve("Grant_one-1");
  await approve("Grant_two-2", { userId: "user_2" });
  const one = await grantOf("Grant_one-1");
  expect(one.status).toBe(200);
  expect(one.json).toEqual({
    ...{ id: "Grant_one-1", userId: "user_1", accountId: "acct_1", applicationId: APPLICATION },
    ...{ scopes: ["read:users"], status: "active", createdAt: "2026-11-22T12:00:00.000Z" },
    // When its token was issued.
    lastUsedAt: "2026-11-22T12:00:00.000Z",
    ...{ expiresAt: "2026-12-22T12:00:00.000Z", revokedAt: null },
  });
  expect((await list()).json.data).toContainEqual(one.json);
  expect(await listed("?accountId=acct_1")).toEqual(["Grant_one-1"]);
  expect(await listed("?userId=user_2")).toEqual(["Grant_two-2"]);
  expect(await listed("?accountId=acct_1&userId=user_2")).toEqual([]);
  expect(await listed(`?applicationId=${APPLICATION}`)).toEqual(["Grant_one-1", "Grant_two-2"]);
  expect(await listed("?applicationId=https://app.example.com/client")).toEqual([]);
});

test("revoking one ends its tokens with it, at once and for good, and no other's", async () => {
  await approve("Ended");
  await approve("Other");
  const revoked = await it.call("POST", `${STANDARD}/grants/Ended/revoke`);
  const at = "2026-11-22T12:00:00.000Z";
  expect(revoked.status).toBe(200);
  expect(revoked.json).toEqual({
    ...{ revokedAt: at, confirmedAt: at, boundAt: at },
    verifiers: { confirmed: 0, pending: 0 },
  });
  expect((await grantOf("Ended")).json).toMatchObject({ status: "revoked", revokedAt: at });
  expect((await tokenOf("Ended"))?.revokedAt).toBe(NOW);
  expect((await tokenOf("Other"))?.revokedAt).toBeNull();

  it.clock.advance(1000);
  const again = await it.call("POST", `${STANDARD}/grants/Ended/revoke`);
  expect(again.json.revokedAt).toBe(at);
  const { json } = await it.call("GET", `${STANDARD}/events?type=grant.revoked`);
  expect(json.data).toMatchObject([{ accountId: "acct_1", actor: { kind: "operator" } }]);
});

test("one is expired from its last instant on", async () => {
  await approve("Short", { expiresAt: it.clock() + 5000 });
  it.clock.advance(4999);
  expect((await grantOf("Short")).json.status).toBe("active");
  it.clock.advance(1);
  expect((await grantOf("Short")).json.status).toBe("expired");
});

test("what is not there, or another API's, is 404", async () => {
  await approve("Ours");
  for (const path of [`${STANDARD}/grants/None`, "/v1/apis/other/grants/Ours"]) {
    expect((await it.call("GET", path)).status).toBe(404);
    expect((await it.call("POST", `${path}/revoke`)).status).toBe(404);
  }
  expect((await tokenOf("Ours"))?.revokedAt).toBeNull();
  expect((await it.call("GET", `/v1/apis/other/grants`)).json.data).toEqual([]);
});

test("a viewer reads them and revokes none", async () => {
  await approve("Seen");
  const token = await it.operator("viewer");
  expect((await it.call("GET", `${STANDARD}/grants/Seen`, { token })).status).toBe(200);
  const refused = await it.call("POST", `${STANDARD}/grants/Seen/revoke`, { token });
  expect(refused.status).toBe(403);
});
