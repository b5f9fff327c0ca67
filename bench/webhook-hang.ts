import { setTimeout as wait } from "node:timers/promises";
import { callAs, newInstallation } from "./latchkey-process.ts";
import { untilReady } from "./pinned-process.ts";
import { median, quantile } from "./rounds.ts";
import { printTable } from "./table.ts";
import { startBenchReceiver } from "./webhook-receiver.ts";

const OTHERS = 7;
const EVENTS_PER_ROUND = 150;
/** Far from what a core can send: what is measured is waiting, not a queue of our own making. */
const EVERY_MILLIS = 20;

/**
 * From the publishing of an event until it arrives at seven endpoints, while an eighth hangs and
 * while there is none, in turn. Events come one by one, at a rate that leaves the process idle
 * between them.
 */
export async function benchWebhookHang({ rounds }: { readonly rounds: number }): Promise<void> {
  let latencies: number[] = [];
  const receiver = await startBenchReceiver((path, body, response) => {
    if (path === "/hangs") return;
    latencies.push(performance.now() - JSON.parse(body).data.at);
    response.end();
  });
  const installation = newInstallation();
  const { origin, ...running } = await installation.start();
  try {
    await untilReady(running, `${origin}/readyz`);
    const call = callAs(origin, installation.operatorToken);
    const { id: accountId } = await call("/accounts", { name: "Bench" });
    const endpoint = async (name: string) => {
      const draft = { accountId, url: `${receiver.url}/${name}`, events: ["thing.made"] };
      return (await call("/webhook-endpoints", { ...draft, parallel: 8 })).id;
    };
    for (let n = 0; n < OTHERS; n += 1) await endpoint(String(n));
    const hanging = await endpoint("hangs");

    const round = async (hangs: boolean): Promise<readonly number[]> => {
      await call(`/webhook-endpoints/${hanging}`, { enabled: hangs }, "PATCH");
      latencies = [];
      const published: Promise<unknown>[] = [];
      for (let n = 0; n < EVENTS_PER_ROUND; n += 1) {
        const event = { type: "thing.made", accountId, data: { at: performance.now() } };
        published.push(call("/events/publish", event));
        await wait(EVERY_MILLIS);
      }
      await Promise.all(published);
      while (latencies.length < OTHERS * EVENTS_PER_ROUND) await wait(5);
      return latencies;
    };
    await round(true);
    const alone: (readonly number[])[] = [];
    const beside: (readonly number[])[] = [];
    for (let n = 0; n < rounds; n += 1) {
      alone.push(await round(false));
      beside.push(await round(true));
    }
    const row = (name: string, all: readonly (readonly number[])[]) => [
      name,
      ...[0.5, 0.99].map((q) => median(all.map((each) => quantile(each, q))).toFixed(1)),
    ];
    printTable(
      `Webhooks: from publishing to arrival at ${OTHERS} endpoints, median of ${rounds} rounds, ms`,
      ["", "p50", "p99"],
      [row("no endpoint hangs", alone), row("an eighth endpoint hangs", beside)],
    );
    const ratio = median(
      beside.map((each, n) => quantile(each, 0.99) / quantile(alone[n] ?? [], 0.99)),
    );
    console.log(`  p99 beside ÷ p99 without: ${ratio.toFixed(2)} (goal ≤ 1.10)`);
  } finally {
    await running.stop();
    installation.remove();
    receiver.close();
  }
}
