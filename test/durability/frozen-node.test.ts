import { execFileSync } from "node:child_process";
import { setTimeout as wait } from "node:timers/promises";
import { expect, test } from "vitest";
import { hasPostgres, postgresProgram, startPostgres } from "../running-postgres.ts";
import { type RunningServer, startServer, TEST_ACCOUNT, waitUntil } from "../running-server.ts";

const DRAFT = { name: "test", accountId: TEST_ACCOUNT };
const VERIFY = "/v1/apis/standard/verify";
/** Of transactions that have locked the head of the changes and were not told to commit. */
const HOLDERS = `select count(*) from pg_stat_activity
  where state = 'idle in transaction' and query like 'insert into "change_head"%'`;

async function writes(node: RunningServer): Promise<boolean> {
  const { status } = await node.operator("POST", "/v1/apis/standard/api-keys", DRAFT);
  return status === 201;
}

test.skipIf(!hasPostgres())(
  "a node that freezes in the middle of its writes stops the others for seconds only",
  async () => {
    await using database = await startPostgres();
    const env = {
      LATCHKEY_DATABASE_URL: database.url,
      LATCHKEY_OPERATOR_TOKEN: "0123456789abcdef0123456789abcdef",
      LATCHKEY_SECRET: Buffer.alloc(32, 7).toString("base64url"),
    };
    await using sound = await startServer({ env });
    await using frozen = await startServer({ env });
    const holds = () =>
      Number(execFileSync(postgresProgram("psql"), [database.url, "-Atc", HOLDERS])) > 0;
    const { key } = await sound.issueKey();
    const headers = { authorization: `Bearer ${key}` };
    const request = { method: "GET", url: "/v2/auth/test", headers };
    const decided = async () => (await sound.operator("POST", VERIFY, { request })).json.outcome;

    let isWriting = true;
    const lane = async () => {
      while (isWriting) await writes(frozen);
    };
    const lanes = Promise.all(Array.from({ length: 8 }, lane));
    await waitUntil("it holds what all writes need", async () => {
      await wait(50);
      process.kill(frozen.pid, "SIGSTOP");
      // What it sent before is done first.
      await wait(50);
      if (holds()) return true;
      process.kill(frozen.pid, "SIGCONT");
      return false;
    });
    try {
      const since = performance.now();
      await waitUntil("the other has written", () => writes(sound));
      expect(performance.now() - since).toBeLessThan(8000);
      await waitUntil("the other decides", async () => (await decided()) === "allow");
      await wait(3500);
      expect(await decided()).toBe("allow");
    } finally {
      process.kill(frozen.pid, "SIGCONT");
      isWriting = false;
    }
    await lanes;
    // It goes on as well.
    await waitUntil("it writes", () => writes(frozen));
  },
);
