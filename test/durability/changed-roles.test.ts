import { expect, test } from "vitest";
import { startPostgresPair } from "../postgres-pair.ts";
import { hasPostgres } from "../running-postgres.ts";
import { startServer, waitUntil } from "../running-server.ts";
import { startSwitchedAddress } from "../switched-address.ts";

const KEYS = "/v1/apis/standard/api-keys";

test.skipIf(!hasPostgres())(
  "a node whose address led to a standby for a while goes on at the new primary once it leads there",
  async () => {
    await using databases = await startPostgresPair();
    await using address = await startSwitchedAddress(databases.primary);
    await using node = await startServer({ env: { LATCHKEY_DATABASE_URL: address.url } });
    const { id, key } = await node.issueKey({ scopes: ["read:users"] });
    const asked = async () => {
      const headers = { authorization: `Bearer ${key}` };
      return (await node.ask({ path: "/standard/v2/users", headers })).status;
    };
    expect(await asked()).toBe(200);
    await databases.changeRoles();

    let isReading = true;
    const read = async () => {
      // Reads that never pause: a connection to the standby, once kept, would be used for ever.
      while (isReading) await node.operator("GET", `${KEYS}?limit=1`).catch(() => undefined);
    };
    const reads = Array.from({ length: 10 }, read);
    try {
      await waitUntil("it believes nobody", async () => (await asked()) === 503);
      const refused = await node.operator("POST", `${KEYS}/${id}/revoke`, {});
      expect(refused.status).toBe(503);
      expect((await node.operator("GET", `${KEYS}?limit=1`)).status).toBe(503);
      address.leadTo(databases.standby);
      await waitUntil("it decides again", async () => (await asked()) === 200);
      const { status, json } = await node.operator("POST", `${KEYS}/${id}/revoke`, {});
      expect([status, json.verifiers]).toEqual([200, { confirmed: 0, pending: 0 }]);
      expect(await asked()).toBe(401);
    } finally {
      isReading = false;
      await Promise.all(reads);
    }
  },
  60_000,
);
