import { copyFileSync, rmSync } from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { createVerifier, type Verifier } from "@latchkey/sdk";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningServer, startServer, TEST_ACCOUNT, waitUntil } from "../running-server.ts";
import { sharedJwt, unixNow } from "../signed-jwt.ts";
import { startTcpProxy, type TcpProxy } from "./tcp-proxy.ts";

const API = "/v1/apis/standard";
/** Who missed more begins with an empty memory. */
const MOST_REPLAYED = 10_000;

let server: RunningServer;
let network: TcpProxy;
let verifier: Verifier;
beforeAll(async () => {
  server = await startServer({ mode: "serve" });
  network = await startTcpProxy(() => server.port);
  const url = `http://127.0.0.1:${network.port}`;
  verifier = await createVerifier({ url, token: server.operatorToken, api: "standard" });
});
afterAll(async () => {
  await verifier?.close();
  await network?.[Symbol.asyncDispose]();
  await server?.stop();
});

function verify(key: string) {
  const headers = ["Authorization", `Bearer ${key}`];
  const request = { method: "GET", target: "/v2/users", headers, address: "::1", secure: true };
  return verifier.verify(request);
}

async function outcome(key: string): Promise<string> {
  const decision = await verify(key);
  return decision.outcome === "allow" ? "allow" : decision.reason;
}

/** So many changes of an account, as another process on the same database writes them. */
function change(times: number): void {
  const database = new DatabaseSync(server.database);
  database.exec("pragma busy_timeout = 5000");
  database.exec(`
    begin immediate;
    insert into change (api, seq, at, kind, subject_id, state)
      with recursive n (n) as (select 1 union all select n + 1 from n where n < ${times})
      select head.api, head.seq + n, at, kind, subject_id, state
      from n, change_head as head, change
      where head.api = 'standard' and change.api = head.api and change.seq = (
        select max(seq) from change where api = head.api and kind = 'account'
      );
    update change_head set seq = seq + ${times} where api = 'standard';
    commit;
  `);
  database.close();
}

test.each([
  ["10,000 changes goes on with what it knows", MOST_REPLAYED, true],
  ["more than 10,000 changes forgets all it knew", MOST_REPLAYED + 1, false],
])("a verifier that missed %s, and is right", async (_what, missed, goesOn) => {
  const [kept, revoked] = [
    await server.issueKey({ scopes: ["read:users"] }),
    await server.issueKey({ scopes: ["read:users"] }),
  ];
  for (const { key } of [kept, revoked]) expect(await outcome(key)).toBe("allow");
  await waitUntil("nothing is missing", async () => (await lag()) === 0);
  const { seq, known } = verifier.status;
  network.become("cut");
  await server.operator("POST", `${API}/api-keys/${revoked.id}/revoke`);
  change(missed - 1);
  network.become("sound");
  await waitUntil("it is there", async () => verifier.status.seq === seq + missed);
  await waitUntil("it has a lease", async () => verifier.status.mode === "memory");
  expect(verifier.status.known).toBe(goesOn ? known : 0);
  expect(verify(kept.key) instanceof Promise).toBe(!goesOn);
  expect([await outcome(kept.key), await outcome(revoked.key)]).toEqual([
    "allow",
    "credential_revoked",
  ]);
});

async function lag(): Promise<number> {
  return (await server.operator("GET", `${API}/verifiers`)).json.data[0].lag;
}

test("a secret that was lost with a restored backup, and rotated once more, is the newest alone", async () => {
  const issuer = "https://issuer.example.com";
  const draft = { accountId: TEST_ACCOUNT, issuer };
  const { id } = await server.create("standard", "jwt-secrets", draft);
  const rotate = async (): Promise<string> => {
    const answer = await server.operator("POST", `${API}/jwt-secrets/${id}/rotate`, {
      overlapSeconds: 0,
    });
    const claims = { iss: issuer, sub: "u", scopes: ["read:users"], exp: unixNow() + 600 };
    return sharedJwt(answer.json.secret, claims);
  };
  const backup = path.join(server.folder, "backup.db");
  const database = new DatabaseSync(server.database);
  database.exec(`vacuum into '${backup}'`);
  database.close();
  const lost = await rotate();
  await waitUntil("nothing is missing", async () => (await lag()) === 0);
  expect(await outcome(lost)).toBe("allow");
  const { seq } = verifier.status;
  network.become("cut");
  await server.end();
  for (const end of ["", "-wal", "-shm"]) rmSync(`${server.database}${end}`, { force: true });
  copyFileSync(backup, server.database);
  await server.restart();
  const kept = await rotate();
  await waitUntil("its lease is over", async () => verifier.status.mode === "online");
  network.become("sound");
  await waitUntil("it has a lease", async () => verifier.status.mode === "memory");
  expect([await outcome(lost), await outcome(kept)]).toEqual(["signature_invalid", "allow"]);
  expect(verifier.status.seq).toBe(seq);
});
