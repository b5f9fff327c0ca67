import { DatabaseSync } from "node:sqlite";
import { afterEach, expect, test } from "vitest";
import type { Answer } from "../answer.ts";
import { type RunningServer, startServer, TEST_ACCOUNT } from "../running-server.ts";

const KEYS = "/v1/apis/standard/api-keys";
/** A third of it on an idle machine. */
const PATIENCE = 240_000;

let server: RunningServer;
afterEach(() => server.stop());

/** What is sent while the server may be killed at any moment: the answer, or none. */
async function answered(promise: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await promise;
  } catch {
    return undefined;
  }
}

test(
  "of 10,000 keys none that was acknowledged is lost to 10 kills, and no row is half written",
  async () => {
    const WANTED = 10_000;
    const KILLS = 10;
    server = await startServer({ mode: "serve", env: { LATCHKEY_LOG_LEVEL: "info" } });
    const acknowledged = new Map<string, string>();
    let sent = 0;
    let kills = 0;
    let restarted = Promise.resolve();

    const crash = async (): Promise<void> => {
      kills += 1;
      await server.kill();
      await server.restart();
    };
    const issueUntilDone = async (): Promise<void> => {
      while (acknowledged.size < WANTED) {
        await restarted;
        sent += 1;
        const draft = { name: `key ${sent}`, accountId: TEST_ACCOUNT };
        const answer = await answered(server.operator("POST", KEYS, draft));
        if (answer === undefined) continue;
        expect(answer.status, answer.text).toBe(201);
        acknowledged.set(answer.json.id, answer.json.key);
        const isDue = acknowledged.size >= ((kills + 0.5) * WANTED) / KILLS;
        if (isDue && kills < KILLS) restarted = crash();
      }
    };
    await Promise.all(Array.from({ length: 64 }, issueUntilDone));
    await restarted;
    expect(kills).toBe(KILLS);

    expect(await refusedOf([...acknowledged.values()])).toEqual([]);
    expect(await server.end()).toBe(0);
    const rows = readDatabase(server.database);
    expect(rows.integrity).toBe("ok");
    const stored = new Set(rows.credentials);
    expect([...acknowledged.keys()].filter((id) => !stored.has(id))).toEqual([]);
    expect(stored.size).toBeGreaterThanOrEqual(acknowledged.size);
    // Beyond those acknowledged there can be only what was under way when the process ended.
    expect(stored.size - acknowledged.size).toBeLessThanOrEqual(64 * KILLS);
    expect(rows.changed).toEqual(rows.credentials);
    expect(rows.issued).toEqual(rows.credentials);
    expect(rows.gaps).toEqual([]);
  },
  PATIENCE,
);

/** Keys that verify does not allow. */
async function refusedOf(keys: readonly string[]): Promise<readonly string[]> {
  const refused: string[] = [];
  for (let from = 0; from < keys.length; from += 100) {
    const some = keys.slice(from, from + 100);
    const requests = some.map((key) => ({
      method: "GET",
      url: "/v2/auth/test",
      headers: { authorization: `Bearer ${key}` },
    }));
    const { json } = await server.operator("POST", "/v1/apis/standard/verify/batch", { requests });
    const decisions: Answer["json"][] = json.decisions;
    refused.push(...some.filter((_, i) => decisions[i]?.outcome !== "allow"));
  }
  return refused;
}

/** Each list is sorted, with repetitions kept: one change and one event belong to one key. */
function readDatabase(file: string) {
  using database = new DatabaseSync(file, { readOnly: true });
  const column = (sql: string) =>
    database
      .prepare(sql)
      .all()
      .map((row) => String(row.value));
  return {
    integrity: column("select integrity_check as value from pragma_integrity_check").join(),
    credentials: column("select id as value from credential order by id"),
    changed: column("select subject_id as value from change where kind = 'credential' order by 1"),
    issued: column(
      "select credential_id as value from event where type = 'api_key.issued' order by 1",
    ),
    /** Sequence numbers of which the one before is missing, and heads that are not the last one. */
    gaps: [
      ...column(`select api || seq as value from change as c where seq > 1 and not exists
        (select 1 from change as d where d.api = c.api and d.seq = c.seq - 1)`),
      ...column(`select api as value from change_head as h
        where seq <> (select max(seq) from change as c where c.api = h.api)`),
    ],
  };
}

test(
  "a POST whose answer was lost to a kill, repeated with its Idempotency-Key, makes one key",
  async () => {
    const AT_ONCE = 60;
    server = await startServer({ mode: "serve" });
    const post = (name: string) =>
      answered(
        server.ask({
          method: "POST",
          path: KEYS,
          headers: {
            authorization: `Bearer ${server.operatorToken}`,
            "idempotency-key": `once-${name}`,
          },
          body: { name, accountId: TEST_ACCOUNT },
        }),
      );
    const names: string[] = [];
    let lost = 0;
    for (let round = 0; round < 4; round += 1) {
      const batch = Array.from({ length: AT_ONCE }, (_, i) => `${round}-${i}`);
      names.push(...batch);
      let answers = 0;
      const first = batch.map(async (name) => {
        const answer = await post(name);
        answers += 1;
        // Some are answered, some under way, some not begun.
        if (answers === 10 * round + 1) await server.kill();
        return answer;
      });
      const before = await Promise.all(first);
      await server.restart();
      const after = await Promise.all(batch.map(post));
      for (const [i, answer] of after.entries()) {
        expect(answer?.status).toBe(201);
        const earlier = before[i];
        if (earlier === undefined) lost += 1;
        else expect(answer?.text).toBe(earlier.text);
        expect((await post(batch[i] as string))?.text).toBe(answer?.text);
      }
      expect(await refusedOf(after.map((answer) => answer?.json.key))).toEqual([]);
    }
    expect(lost).toBeGreaterThan(0);
    expect(await server.end()).toBe(0);
    using database = new DatabaseSync(server.database, { readOnly: true });
    const made = database.prepare("select name from credential order by name").all();
    expect(made.map(({ name }) => name)).toEqual([...names].sort());
  },
  PATIENCE,
);
