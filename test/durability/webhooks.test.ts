import { randomBytes } from "node:crypto";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { hasPostgres, type RunningPostgres, startPostgres } from "../running-postgres.ts";
import { type RunningServer, startServer } from "../running-server.ts";
import { KILLED_NODES_ENV, runKills } from "./webhook-kills.ts";

/** Enough to be killed in the middle of everything; the bench runs it with 10,000. */
const EVENTS = 200;
/** A fraction of it on an idle machine. */
const PATIENCE = 240_000;

let nodes: RunningServer[] = [];
afterEach(async () => {
  for (const node of nodes.splice(0)) await node.stop();
});

async function expectAllToArrive(kills: number): Promise<void> {
  const report = await runKills(nodes, { events: EVENTS, kills });
  expect(report).toMatchObject({
    ...{ kills, differing: 0, atOnce: 0, orderlyAtOnce: 1, disordered: 0 },
  });
  expect(report.acknowledged).toBeGreaterThanOrEqual(EVENTS);
  expect(report.given).toBeGreaterThan(0);
  expect(report.restored).toBeGreaterThanOrEqual(report.given);
  for (const node of nodes) expect(await node.end()).toBe(0);
}

describe("of all events none is lost to kills and bad receivers, each has one id, and none is sent twice at once:", () => {
  test(
    "one process on SQLite",
    async () => {
      nodes = [await startServer({ mode: "serve", env: KILLED_NODES_ENV })];
      await expectAllToArrive(2);
    },
    PATIENCE,
  );

  describe.skipIf(!hasPostgres())("on PostgreSQL", () => {
    let database: RunningPostgres;
    beforeAll(async () => {
      database = await startPostgres();
    });
    afterAll(() => database?.[Symbol.asyncDispose]());

    test(
      "three processes",
      async () => {
        const env = {
          ...KILLED_NODES_ENV,
          LATCHKEY_DATABASE_URL: database.url,
          LATCHKEY_OPERATOR_TOKEN: randomBytes(24).toString("hex"),
          LATCHKEY_SECRET: randomBytes(32).toString("base64url"),
        };
        for (let n = 0; n < 3; n += 1) nodes.push(await startServer({ mode: "serve", env }));
        await expectAllToArrive(2);
      },
      PATIENCE,
    );
  });
});
