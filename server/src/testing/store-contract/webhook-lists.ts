import { describe, expect, test } from "vitest";
import type { PageKey } from "../../store/records.ts";
import type { Store } from "../../store/store.ts";
import type { DeliveryFilter } from "../../store/webhook-delivery-lists.ts";
import { anAccount } from "../builders.ts";
import { NOW } from "../now.ts";
import { aScene, type Scene } from "./scene.ts";
import { aFailure, anEndpoint, anEvent, anOutcome, claim, settle } from "./webhook-scene.ts";

/** Deliveries of every status of three endpoints: two of `acct_1` and `acct_2`, one of nobody. */
async function aSceneOfLists(store: Store): Promise<Scene> {
  const scene = aScene(store);
  const { write } = scene;
  for (const id of ["acct_1", "acct_2"]) await write("createAccount", anAccount({ id }));
  await write("createWebhookEndpoint", anEndpoint());
  await write("createWebhookEndpoint", anEndpoint({ id: "wh_2", accountId: "acct_2" }));
  await write("createWebhookEndpoint", anEndpoint({ id: "wh_3", accountId: null }));
  // Several happen in one instant: then the id decides.
  for (let n = 1; n <= 6; n += 1) {
    const type = n === 2 ? "thing.ended" : "thing.made";
    const accountId = n === 6 ? "acct_2" : "acct_1";
    const event = { ...anEvent(n, type), accountId };
    await write("publishEvent", event, { at: NOW + Math.floor(n / 3) });
  }
  const [one, two, three] = (await claim(scene)).deliveries;
  if (one === undefined || two === undefined || three === undefined) throw new Error("three wait");
  await settle(scene, [anOutcome(one), aFailure(two, null), aFailure(three, NOW + 5000)]);
  return scene;
}

/** What holds of lists of deliveries on every database. */
export function webhookListsContract(open: () => Store): void {
  describe("deliveries are listed", () => {
    const FILTERS: readonly (readonly [DeliveryFilter, count: number])[] = [
      [{}, 12],
      [{ status: "pending" }, 10],
      [{ status: "delivered" }, 1],
      [{ status: "dead" }, 1],
      [{ accountId: "acct_1" }, 5],
      [{ accountId: "acct_1", status: "dead" }, 1],
      [{ accountId: "acct_2", status: "dead" }, 0],
      [{ endpointId: "wh_1", status: "pending" }, 3],
      [{ endpointId: "wh_3" }, 6],
      [{ endpointId: "wh_9" }, 0],
      [{ endpointId: "wh_1", accountId: "acct_1" }, 5],
      [{ endpointId: "wh_1", accountId: "acct_2" }, 0],
      [{ type: "thing.ended" }, 2],
      [{ type: "thing.ended", status: "pending", endpointId: "wh_3" }, 1],
      [{ eventId: "evt_1" }, 2],
      [{ eventId: "evt_1", status: "delivered" }, 1],
      [{ eventId: "evt_1", endpointId: "wh_3", type: "thing.made" }, 1],
      [{ eventId: "evt_9" }, 0],
      // Whoever may see some accounts sees what goes to their endpoints, and to no other.
      [{ ceiling: ["acct_1"] }, 5],
      [{ ceiling: ["acct_1", "acct_2"] }, 6],
      [{ ceiling: ["acct_2"], accountId: "acct_1" }, 0],
      [{ ceiling: ["acct_2"], endpointId: "wh_1" }, 0],
      [{ ceiling: ["acct_2"], endpointId: "wh_3" }, 0],
      [{ ceiling: ["acct_2"], eventId: "evt_1" }, 0],
      [{ ceiling: [] }, 0],
      [{ ceiling: ["acct_1", ...Array.from({ length: 30 }, (_, n) => `acct_x${n}`)] }, 5],
    ];

    test("by any of their filters, each once, newest first, page by page", async () => {
      const { store, api } = await aSceneOfLists(open());
      for (const [filter, count] of FILTERS) {
        const listed: PageKey[] = [];
        let after: PageKey | undefined;
        do {
          const { items, next } = await store.webhooks.deliveries.list(api, filter, {
            limit: 2,
            after,
          });
          listed.push(...items.map(({ createdAt: at, id }) => ({ at, id })));
          after = next ?? undefined;
        } while (after !== undefined);
        const about = JSON.stringify(filter);
        expect(listed.length, about).toBe(count);
        expect(new Set(listed.map(({ id }) => id)).size, about).toBe(count);
        const sorted = listed.toSorted((a, b) => b.at - a.at || (a.id < b.id ? 1 : -1));
        expect(listed, about).toEqual(sorted);
      }
    });
  });
}
