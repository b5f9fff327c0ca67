import { createVerifier } from "@latchkey/sdk";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningServer, startServer, waitUntil } from "../running-server.ts";

const MODES = ["local", "leased", "exact"] as const;

let server: RunningServer;
beforeAll(async () => {
  const apis = MODES.map((limits) => ({
    slug: limits,
    extends: "standard",
    verifiers: { limits },
  }));
  server = await startServer({ policy: { apis } });
});
afterAll(() => server?.stop());

async function aKey(api: string) {
  const path = `/v1/apis/${api}`;
  const account = (await server.operator("POST", `${path}/accounts`, { name: "x" })).json.id;
  const limits = [{ name: "w", max: 10, windowSeconds: 3600 }];
  const draft = { accountId: account, name: "x", limits };
  return (await server.operator("POST", `${path}/api-keys`, draft)).json;
}

const near = async (api: string) =>
  (await server.operator("GET", `/v1/apis/${api}/events?type=limit.near`)).json.data;

test.each(MODES)("what a verifier counts is told of: %s", async (api) => {
  const { id, key } = await aKey(api);
  const url = `http://127.0.0.1:${server.port}`;
  const verifier = await createVerifier({ url, token: server.operatorToken, api });
  const headers = ["Authorization", `Bearer ${key}`];
  const request = { method: "GET", target: "/v2/auth/test", headers, secure: true } as const;
  for (let n = 0; n < 8; n += 1) {
    const { outcome } = await verifier.verify({ ...request, address: "192.0.2.1" });
    expect(outcome).toBe("allow");
  }
  await verifier.close();
  await waitUntil("it is told of", async () => (await near(api)).length > 0);
  // What was lent for requests that might have come counts as spent.
  const remaining = api === "leased" ? expect.toSatisfy((left) => left <= 2) : 2;
  expect(await near(api)).toMatchObject([
    { credentialId: id, detail: { window: "w", limit: 10, remaining } },
  ]);
});

test("and so is what the server counts", async () => {
  const { id, key } = await aKey("local");
  const headers = { authorization: `Bearer ${key}` };
  for (let n = 0; n < 8; n += 1) {
    await server.ask({ path: "/local/v2/auth/test", headers });
  }
  await waitUntil("it is told of", async () =>
    (await near("local")).some(({ credentialId }: { credentialId: string }) => credentialId === id),
  );
});
