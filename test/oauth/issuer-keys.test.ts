import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningServer, startServer, TEST_ACCOUNT, waitUntil } from "../running-server.ts";

// O-144 over two processes on one database: a key is known everywhere before it signs anything.

let nodes: readonly [RunningServer, RunningServer];
let client: { readonly id: string; readonly clientSecret: string };

beforeAll(async () => {
  const env = { LATCHKEY_SECRET: randomBytes(32).toString("base64url") };
  const first = await startServer({ env });
  nodes = [first, await startServer({ env, folder: first.folder })];
  client = await first.create("standard", "applications", {
    ...{ name: "Reports", accountId: TEST_ACCOUNT, scopes: ["read:users"], status: "verified" },
    ...{ redirectUris: ["https://client.example/callback"], accessTokenFormat: "jwt" },
  });
});
afterAll(async () => {
  const [first, second] = nodes ?? [];
  await second?.stop();
  await first?.stop();
});

async function aToken(node: RunningServer): Promise<{ token: string; kid: string }> {
  const { id: client_id, clientSecret: client_secret } = client;
  const { json } = await node.ask({
    method: "POST",
    path: "/standard/oauth/token",
    headers: { "content-type": "application/json" },
    body: { grant_type: "client_credentials", scope: "read:users", client_id, client_secret },
  });
  const token: string = json.access_token;
  const [header = ""] = token.split(".", 1);
  return { token, kid: JSON.parse(Buffer.from(header, "base64url").toString()).kid };
}

const statusOf = async (node: RunningServer, token: string) =>
  (await node.ask({ path: "/standard/v2/users", headers: { authorization: `Bearer ${token}` } }))
    .status;

const published = async (node: RunningServer): Promise<readonly string[]> => {
  const { json } = await node.ask({ path: "/standard/oauth/jwks" });
  return json.keys.map(({ kid }: { kid: string }) => kid);
};

test("tokens of the old key and of the new one open the API on every node", async () => {
  const [first, second] = nodes;
  const old = await aToken(first);
  const before = await published(first);
  expect(before).toHaveLength(4);
  expect(await statusOf(second, old.token)).toBe(200);

  const rotate = (body?: object) =>
    first.operator("POST", "/v1/apis/standard/issuer-keys/rotate", body);
  expect((await rotate()).status).toBe(409);
  expect((await rotate({ force: true })).status).toBe(200);
  const fresh = await aToken(first);
  expect(fresh.kid).not.toBe(old.kid);
  expect(before).toContain(fresh.kid);
  expect(await published(first)).toEqual(expect.arrayContaining([...before]));
  for (const node of nodes) {
    expect(await statusOf(node, fresh.token)).toBe(200);
    expect(await statusOf(node, old.token)).toBe(200);
  }

  // The other process hears of it, and signs with the same key.
  await waitUntil("it signs with it", async () => (await aToken(second)).kid === fresh.kid);
  // Twice at once: the new key signs before the other process can have heard of it.
  for (let times = 0; times < 2; times += 1) {
    expect((await rotate({ force: true })).status).toBe(200);
  }
  const last = await aToken(first);
  expect(await statusOf(second, last.token)).toBe(200);
});

test("a token of no key of ours, and an ID token's key, open nothing", async () => {
  const { token } = await aToken(nodes[0]);
  const [header, claims, signature = ""] = token.split(".");
  const other = signature.startsWith("A") ? `B${signature.slice(1)}` : `A${signature.slice(1)}`;
  expect(await statusOf(nodes[0], `${header}.${claims}.${other}`)).toBe(401);
});
