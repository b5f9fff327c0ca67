import { execFileSync } from "node:child_process";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as wait } from "node:timers/promises";
import { callAs, type Installation, newInstallation } from "./latchkey-process.ts";
import { untilReady } from "./pinned-process.ts";
import { printTable, whole } from "./table.ts";
import { startBenchReceiver } from "./webhook-receiver.ts";

interface QueueLength {
  readonly events: number;
  readonly seconds: number;
}

/** As many as a process sends in the time. */
const FEW = 10_000;

/**
 * Resident memory of a process that starts with so many events in its queue and sends them, beside
 * the same with few, which shows what sending itself takes, and with none. On SQLite; on PostgreSQL
 * with `LATCHKEY_DATABASE_URL`, an empty database, and `psql`.
 */
export async function benchWebhookQueue({ events, seconds }: QueueLength): Promise<void> {
  const databaseUrl = process.env.LATCHKEY_DATABASE_URL;
  const installation = newInstallation(databaseUrl);
  let sent = 0;
  const receiver = await startBenchReceiver((_path, _body, response) => {
    sent += 1;
    response.end();
  });
  try {
    const empty = await run(installation, seconds, async (call) => {
      const { id: accountId } = await call("/accounts", { name: "Bench" });
      const draft = { accountId, url: receiver.url, events: ["thing.made"], parallel: 8 };
      await call("/webhook-endpoints", draft);
      await call("/events/publish", { type: "thing.made", accountId, data: { n: 1 } });
    });
    const rows = [["nothing in the queue", empty.toFixed(0), ""]];
    for (const count of [FEW, events]) {
      queue(count, databaseUrl ?? installation.database);
      sent = 0;
      const most = await run(installation, seconds, async () => undefined);
      rows.push([`${whole(count)} in the queue`, most.toFixed(0), whole(sent)]);
    }
    printTable(
      `Memory of a process that sends webhooks, the most in ${seconds} s:`,
      ["", "MiB", "sent"],
      rows,
    );
  } finally {
    receiver.close();
    installation.remove();
  }
}

type Call = ReturnType<typeof callAs>;

async function run(
  installation: Installation,
  seconds: number,
  prepare: (call: Call) => Promise<void>,
): Promise<number> {
  const { origin, ...running } = await installation.start();
  try {
    await untilReady(running, `${origin}/readyz`);
    await prepare(callAs(origin, installation.operatorToken));
    let most = 0;
    const end = performance.now() + seconds * 1000;
    while (performance.now() < end) {
      most = Math.max(most, running.residentMib());
      await wait(100);
    }
    return most;
  } finally {
    await running.stop();
  }
}

/** Puts so many copies of the one delivery that there is into the queue, while nobody runs. */
function queue(events: number, database: string): void {
  const columns = "api, endpoint_id, owner_id, type, account_id, application_id, data, created_at";
  const statement = `with recursive number (n) as
      (select 1 union all select n + 1 from number where n < ${events})
    insert into webhook_delivery
      (id, event_id, seq, status, attempts, tries, run_at, log, ${columns})
    select 'of_${events}_' || n, 'evt_${events}_' || n, seq + n, 'pending', 0, 0, 0, '[]', ${columns}
    from webhook_delivery cross join number where id like 'dlv%'`;
  if (database.startsWith("postgres")) {
    execFileSync("psql", ["-q", "-d", database, "-c", statement], { stdio: "pipe" });
    return;
  }
  using file = new DatabaseSync(database);
  file.exec(statement);
}
