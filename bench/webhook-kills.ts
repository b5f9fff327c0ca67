import { randomBytes } from "node:crypto";
import { KILLED_NODES_ENV, type KillsReport, runKills } from "../test/durability/webhook-kills.ts";
import { hasPostgres, startPostgres } from "../test/running-postgres.ts";
import { type RunningServer, startServer } from "../test/running-server.ts";
import { printTable, whole } from "./table.ts";

/** How many events, and how many times a process is killed meanwhile. */
interface KillsLength {
  readonly events: number;
  readonly kills: number;
}

/**
 * The test of `test/durability/webhooks.test.ts` with more events and kills: one process on SQLite,
 * and three on a PostgreSQL of their own where that is installed. Ends when all have arrived.
 */
export async function benchWebhookKills(length: KillsLength): Promise<void> {
  await report("one process on SQLite", 1, {}, length);
  if (!hasPostgres()) return;
  await using database = await startPostgres();
  const env = { LATCHKEY_DATABASE_URL: database.url };
  await report("three processes on PostgreSQL", 3, env, length);
}

async function report(
  where: string,
  count: number,
  more: Readonly<Record<string, string>>,
  length: KillsLength,
): Promise<void> {
  const nodes: RunningServer[] = [];
  const env = {
    ...KILLED_NODES_ENV,
    ...more,
    LATCHKEY_OPERATOR_TOKEN: randomBytes(24).toString("hex"),
    LATCHKEY_SECRET: randomBytes(32).toString("base64url"),
  };
  try {
    for (let n = 0; n < count; n += 1) nodes.push(await startServer({ mode: "serve", env }));
    print(where, await runKills(nodes, length));
  } finally {
    for (const node of nodes) await node.stop();
  }
}

function print(where: string, found: KillsReport): void {
  printTable(
    `Webhooks through kills and bad receivers, ${where}:`,
    ["", "", "goal"],
    [
      ["events that were acknowledged, and arrived everywhere", whole(found.acknowledged), ""],
      ["kill -9", whole(found.kills), ""],
      ["seconds", found.seconds.toFixed(0), ""],
      ["deliveries that were taken", whole(found.taken), ""],
      ["of them for another time, with the same id", whole(found.repeated), ""],
      ["repetitions with another body", whole(found.differing), "0"],
      ["deliveries while the same was under way", whole(found.atOnce), "0"],
      ["most at once where one is allowed", whole(found.orderlyAtOnce), "1"],
      ["events that overtook another there", whole(found.disordered), "0"],
      ["given up because of a 410, then asked for", whole(found.given), ""],
      ["arrived there when it wanted them again", whole(found.restored), `≥ ${whole(found.given)}`],
    ],
  );
}
