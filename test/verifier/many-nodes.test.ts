import { execFileSync } from "node:child_process";
import { createVerifier, type Verifier } from "@latchkey/sdk";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  hasPostgres,
  postgresProgram,
  type RunningPostgres,
  startPostgres,
} from "../running-postgres.ts";
import { type RunningServer, startServer, waitUntil } from "../running-server.ts";
import { startTcpProxy } from "./tcp-proxy.ts";

const API = "/v1/apis/standard";
const TOKEN = "0123456789abcdef0123456789abcdef";
const ENV = {
  LATCHKEY_OPERATOR_TOKEN: TOKEN,
  LATCHKEY_SECRET: Buffer.alloc(32, 7).toString("base64url"),
};

describe.skipIf(!hasPostgres())("two nodes on one PostgreSQL, a verifier at each", () => {
  let database: RunningPostgres;
  const nodes: RunningServer[] = [];
  const verifiers: Verifier[] = [];

  beforeAll(async () => {
    database = await startPostgres();
    const env = { ...ENV, LATCHKEY_DATABASE_URL: database.url };
    for (let n = 0; n < 2; n += 1) nodes.push(await startServer({ env }));
    for (const { port } of nodes) {
      const url = `http://127.0.0.1:${port}`;
      verifiers.push(await createVerifier({ url, token: TOKEN, api: "standard" }));
    }
  });
  afterAll(async () => {
    for (const verifier of verifiers) await verifier.close();
    for (const node of nodes) await node.stop();
    await database?.[Symbol.asyncDispose]();
  });

  async function outcomes(key: string): Promise<readonly string[]> {
    const headers = ["Authorization", `Bearer ${key}`];
    const request = { method: "GET", target: "/v2/users", headers, address: "::1", secure: true };
    const decisions = await Promise.all(verifiers.map((verifier) => verifier.verify(request)));
    return decisions.map((each) => (each.outcome === "allow" ? "allow" : each.reason));
  }

  const both = (outcome: string) => [outcome, outcome];
  const operator = (n: number, path: string) =>
    (nodes[n] as RunningServer).operator("POST", `${API}${path}`);
  const issue = () => (nodes[0] as RunningServer).issueKey({ scopes: ["read:users"] });
  const allLeased = () =>
    waitUntil("both have a lease", async () =>
      verifiers.every(({ status }) => status.mode === "memory"),
    );

  test("a receipt of either node counts the verifiers of both", async () => {
    for (const n of [0, 1]) {
      const { id, key } = await issue();
      expect(await outcomes(key)).toEqual(both("allow"));
      const { json } = await operator(n, `/api-keys/${id}/revoke?wait=3000`);
      expect(json.verifiers).toEqual({ confirmed: 2, pending: 0 });
      expect(json.confirmedAt).not.toBeNull();
      expect(await outcomes(key)).toEqual(both("credential_revoked"));
    }
  });

  test("a node that can read but not write renews no lease", async () => {
    const { key } = await issue();
    expect(await outcomes(key)).toEqual(both("allow"));
    database.setReadOnly(true);
    await waitUntil("no lease holds", async () =>
      verifiers.every(({ status }) => status.mode === "online"),
    );
    // It goes on reading, and would go on saying that nothing changed.
    await waitUntil("no node decides", async () => {
      return (await outcomes(key)).join() === both("source_unavailable").join();
    });
    expect((await (nodes[0] as RunningServer).ask({ path: "/healthz" })).status).toBe(200);
    database.setReadOnly(false);
    await allLeased();
    expect(await outcomes(key)).toEqual(both("allow"));
  });

  test("when the database was gone and is back, verifiers decide again, and nothing is lost", async () => {
    const [revoked, kept] = [await issue(), await issue()];
    expect(await outcomes(revoked.key)).toEqual(both("allow"));
    expect(await outcomes(kept.key)).toEqual(both("allow"));
    await operator(0, `/api-keys/${revoked.id}/revoke`);
    await database.kill();
    await waitUntil("no lease holds", async () =>
      verifiers.every(({ status }) => status.mode === "online"),
    );
    expect(await outcomes(kept.key)).toEqual(both("source_unavailable"));
    await database.restart();
    await allLeased();
    await waitUntil("both decide", async () => (await outcomes(kept.key)).join() === "allow,allow");
    expect(await outcomes(revoked.key)).toEqual(both("credential_revoked"));
  });
});

describe.skipIf(!hasPostgres())("of two nodes one has lost its database", () => {
  test("its verifier goes on with the changes of the other, and decides by itself again", async () => {
    await using database = await startPostgres();
    const { port } = new URL(database.url);
    await using toDatabase = await startTcpProxy(() => Number(port));
    const [sound, cutOff] = [
      await startServer({ env: { ...ENV, LATCHKEY_DATABASE_URL: database.url } }),
      await startServer({
        env: { ...ENV, LATCHKEY_DATABASE_URL: database.url.replace(port, `${toDatabase.port}`) },
      }),
    ];
    let chosen = cutOff;
    await using balancer = await startTcpProxy(() => chosen.port);
    const url = `http://127.0.0.1:${balancer.port}`;
    const verifier = await createVerifier({ url, token: TOKEN, api: "standard" });
    // It takes no more connections, but those that there are stay.
    chosen = sound;
    toDatabase.become("cut");
    const { id } = await sound.issueKey();
    await waitUntil("it decides online", async () => verifier.status.mode === "online");
    await waitUntil("it has a lease", async () => verifier.status.mode === "memory");
    const revoked = await sound.operator("POST", `${API}/api-keys/${id}/revoke?wait=3000`);
    expect(revoked.json.verifiers).toEqual({ confirmed: 1, pending: 0 });
    await verifier.close();
    for (const node of [sound, cutOff]) await node.stop();
  });
});

describe.skipIf(!hasPostgres())(
  "after a failover to a standby that lacked the last changes",
  () => {
    test("nobody who knows those has confirmed the others that have their numbers, or goes on", async () => {
      await using database = await startPostgres();
      const env = { ...ENV, LATCHKEY_DATABASE_URL: database.url };
      await using left = await startServer({ env });
      const url = `http://127.0.0.1:${left.port}`;
      const verifier = await createVerifier({ url, token: TOKEN, api: "standard" });
      const request = { method: "GET", target: "/v2/users", address: "::1", secure: true };
      const outcome = async (key: string) => {
        const headers = ["Authorization", `Bearer ${key}`];
        const decision = await verifier.verify({ ...request, headers });
        return decision.outcome === "allow" ? "allow" : decision.reason;
      };
      const { id, key } = await left.issueKey({ scopes: ["read:users"] });
      // As many as the other node will write: when it starts, and when it revokes.
      for (let n = 0; n < 2; n += 1) await left.issueKey();
      expect(await outcome(key)).toBe("allow");
      const { seq } = verifier.status;
      const words = [database.url, "-Atc"];
      const ask = (sql: string) =>
        execFileSync(postgresProgram("psql"), [...words, sql]).toString();
      const head = "select seq from change_head where api = 'standard'";
      expect(Number(ask(head))).toBe(seq);
      ask(`begin;
      delete from change where api = 'standard' and seq > ${seq - 2};
      update change_head set seq = ${seq - 2} where api = 'standard';
      update verifier set applied_seq = least(applied_seq, ${seq - 2});
      commit`);
      await using started = await startServer({ env });
      const { json } = await started.operator("POST", `${API}/api-keys/${id}/revoke`);
      expect(Number(ask(head))).toBe(seq);
      // Nor is it waited for where the other node took longer to start than its lease held.
      expect(json.verifiers.confirmed).toBe(0);
      const bound = Date.parse(json.boundAt);
      await waitUntil("the bound is over", async () => Date.now() > bound);
      expect(await outcome(key)).not.toBe("allow");
      await verifier.close();
    });
  },
);
