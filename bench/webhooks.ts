import { once } from "node:events";
import { Agent, request } from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import { callAs, newInstallation } from "./latchkey-process.ts";
import { untilReady } from "./pinned-process.ts";
import { median } from "./rounds.ts";
import { printTable, whole } from "./table.ts";
import { startBenchReceiver } from "./webhook-receiver.ts";

const ENDPOINTS = 8;
/** As many as one call sends once more. */
const EVENTS = 500;

/**
 * Deliveries per second of one process on one core to receivers that answer at once, from a queue in
 * its database, beside bare requests of `node:http` on connections that are kept, as those of
 * deliveries are.
 */
export async function benchWebhooks({ rounds }: { readonly rounds: number }): Promise<void> {
  let received = 0;
  const receiver = await startBenchReceiver((_path, _body, response) => {
    received += 1;
    response.end();
  });
  const { url } = receiver;
  const installation = newInstallation();
  const { origin, ...running } = await installation.start();
  try {
    await untilReady(running, `${origin}/readyz`);
    const call = callAs(origin, installation.operatorToken);
    const { id: accountId } = await call("/accounts", { name: "Bench" });
    const endpoints: unknown[] = [];
    for (let i = 0; i < ENDPOINTS; i += 1) {
      const draft = { accountId, url, events: ["thing.made"], parallel: 8 };
      endpoints.push((await call("/webhook-endpoints", draft)).id);
    }
    const reach = async (count: number) => {
      while (received < count) await wait(5);
    };
    for (let i = 0; i < EVENTS; i += 50) {
      const some = Array.from({ length: 50 }, (_, n) => ({ n: i + n }));
      const event = { type: "thing.made", accountId };
      await Promise.all(some.map((data) => call("/events/publish", { ...event, data })));
    }
    const total = ENDPOINTS * EVENTS;
    await reach(total);
    const delivered: number[] = [];
    const perCpuSecond: number[] = [];
    const bare: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      // What arrived has to be written too before it can be sent once more.
      await wait(1000);
      received = 0;
      const begun = performance.now();
      const cpu = running.cpuSeconds();
      for (const id of endpoints) {
        await call(`/webhook-endpoints/${id}/retry`, { status: "delivered" });
      }
      await reach(total);
      delivered.push(total / ((performance.now() - begun) / 1000));
      perCpuSecond.push(total / (running.cpuSeconds() - cpu));
      bare.push(await sendBare(url, total));
    }
    const [ours, theirs] = [median(delivered), median(bare)];
    printTable(
      `Webhooks: ${whole(total)} deliveries to ${ENDPOINTS} endpoints, median of ${rounds} rounds`,
      ["", "per second", "ratio", "per CPU second"],
      [
        ["bare requests, unsigned and unqueued", whole(theirs), "1.00", ""],
        [
          "latchkey, queued, signed and settled",
          ...[whole(ours), (ours / theirs).toFixed(2), whole(median(perCpuSecond))],
        ],
      ],
    );
  } finally {
    await running.stop();
    installation.remove();
    receiver.close();
  }
}

/** Requests per second. */
async function sendBare(url: string, count: number): Promise<number> {
  const body = JSON.stringify({ type: "thing.made", data: { n: 1 } });
  const agent = new Agent({ keepAlive: true });
  let left = count;
  const begun = performance.now();
  const work = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const sent = request(url, { method: "POST", agent });
      sent.end(body);
      const [response] = await once(sent, "response");
      response.resume();
      await once(response, "end");
    }
  };
  await Promise.all(Array.from({ length: 64 }, work));
  agent.destroy();
  return count / ((performance.now() - begun) / 1000);
}
