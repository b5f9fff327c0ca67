import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openStore } from "../store/open-store.ts";
import type { Store } from "../store/store.ts";
import { API, aContext, anAccount } from "../testing/builders.ts";
import { DATABASES } from "../testing/databases.ts";
import { keptLog } from "../testing/log.ts";
import { anEndpoint, anEvent } from "../testing/store-contract/webhook-scene.ts";

const PROGRAM = fileURLToPath(new URL("../testing/programs/send-webhooks.ts", import.meta.url));
const ENDPOINTS = 8;
const EVENTS = 100;
const clock = () => Date.now();

for (const database of DATABASES.filter(({ kind }) => kind === "postgres")) {
  describe.skipIf(database.absent)("three senders on one PostgreSQL", () => {
    let store: Store;
    let url = "";
    const senders: ChildProcess[] = [];

    beforeAll(async () => {
      await database.start();
      url = await database.newUrl();
      store = await openStore({ url, clock, log: keptLog() });
    });
    afterAll(async () => {
      for (const sender of senders) sender.kill("SIGKILL");
      await store?.close();
      await database.stop();
    });

    async function startOne(): Promise<ChildProcess> {
      const args = ["--conditions=latchkey-src", PROGRAM, url];
      const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
      senders.push(child);
      await once(child.stdout ?? child, "data");
      return child;
    }

    test("while one after the other is killed, all arrives in order, and nothing at once", async () => {
      /** By endpoint: ids in the order in which they came, and how many were under way at once. */
      const came = new Map<string, string[]>();
      const open = new Map<string, number>();
      let mostAtOnce = 0;
      const server = createServer((request, response) => {
        const path = request.url ?? "";
        const now = (open.get(path) ?? 0) + 1;
        open.set(path, now);
        mostAtOnce = Math.max(mostAtOnce, now);
        came.set(path, [...(came.get(path) ?? []), String(request.headers["webhook-id"])]);
        request.resume();
        setTimeout(() => response.end(), 3);
        response.once("close", () => open.set(path, (open.get(path) ?? 0) - 1));
      });
      server.listen(0, "127.0.0.1");
      await once(server, "listening");
      const { port } = server.address() as AddressInfo;
      const context = () => aContext({ at: clock() });
      await store.write("createAccount", anAccount(), context());
      for (let n = 1; n <= ENDPOINTS; n += 1) {
        const place = { id: `wh_${n}`, url: `http://127.0.0.1:${port}/${n}` };
        const endpoint = anEndpoint({ ...place, events: ["thing.*"], secret: null });
        await store.write("createWebhookEndpoint", endpoint, context());
      }
      let running = await Promise.all([startOne(), startOne(), startOne()]);
      const published = (async () => {
        for (let n = 1; n <= EVENTS; n += 1) {
          await store.write("publishEvent", anEvent(n), context());
        }
      })();
      for (let kills = 0; kills < 3; kills += 1) {
        await new Promise((resolve) => setTimeout(resolve, 400));
        const [oldest, ...others] = running;
        oldest?.kill("SIGKILL");
        running = [...others, await startOne()];
      }
      await published;
      const ids = Array.from({ length: EVENTS }, (_, i) => `evt_${i + 1}`);
      await expect
        .poll(() => [...came.values()].filter((each) => new Set(each).size === EVENTS).length, {
          timeout: 60_000,
        })
        .toBe(ENDPOINTS);
      for (const each of came.values()) expect([...new Set(each)]).toEqual(ids);
      // One lease, one sender, one request at a time: also between processes.
      expect(mostAtOnce).toBe(1);
      const total = [...came.values()].reduce((sum, each) => sum + each.length, 0);
      // Only what a killed one had sent and not yet written came twice.
      expect(total - ENDPOINTS * EVENTS).toBeLessThanOrEqual(3 * ENDPOINTS * 40);
      for (const status of ["pending", "dead"] as const) {
        const page = { limit: 1, after: undefined };
        const find = () => store.webhooks.deliveries.list(API, { status }, page);
        await expect.poll(async () => (await find()).items, { timeout: 10_000 }).toEqual([]);
      }
      server.closeAllConnections();
      server.close();
    }, 120_000);
  });
}
