import { expect, test } from "vitest";
import type { CommandInput } from "../../store/commands.ts";
import type { Store } from "../../store/store.ts";
import { NOW } from "../now.ts";
import { aPlatformScene } from "./managed-scene.ts";
import { expectRefusal } from "./scene.ts";
import { anEndpoint, anEvent } from "./webhook-scene.ts";

type Changes = CommandInput<"updateWebhookEndpoint">["changes"];

const OF_APP = { applicationId: "app_1" } as const;

/** What holds on every database of endpoints that change and end. */
export function webhookEndpointsContract(open: () => Store): void {
  test("changed to what it is already, nothing is written", async () => {
    const { write, events } = await aPlatformScene(open());
    const made = await write("createWebhookEndpoint", anEndpoint());
    const before = await events();
    const { url, description, payloadTemplate, version, strictOrder, parallel } = made;
    const same = { url, description, payloadTemplate, version, strictOrder, parallel };
    const update = (changes: Changes, at = NOW + 1) =>
      write("updateWebhookEndpoint", { id: "wh_1", changes }, { at });
    expect(await update({ ...same, events: ["*"], enabled: true })).toEqual(made);
    expect(await events()).toEqual(before);
    const disabled = await update({ ...same, enabled: false });
    expect(disabled).toMatchObject({ disabledAt: NOW + 1, disabledReason: "operator" });
    expect((await events()).at(-1)).toMatchObject({
      type: "webhook_endpoint.updated",
      detail: { endpointId: "wh_1", enabled: false },
    });
    expect((await events()).at(-1)?.detail).not.toHaveProperty("url");
    expect(await update({ enabled: false }, NOW + 2)).toEqual(disabled);
    expect(await events()).toHaveLength(before.length + 1);
  });

  test("of a revoked application end with it, what waits for them too", async () => {
    const { store, api, write, events } = await aPlatformScene(open());
    await write("createWebhookEndpoint", anEndpoint(OF_APP));
    await write("createWebhookEndpoint", anEndpoint({ id: "wh_2" }));
    await write("createWebhookEndpoint", anEndpoint({ id: "wh_3", applicationId: "app_2" }));
    await write("publishEvent", { ...anEvent(), ...OF_APP });
    await write("revokeApplication", { id: "app_1" }, { at: NOW + 1 });
    await write("revokeApplication", { id: "app_1" }, { at: NOW + 2 });
    const endpoint = (id: string) => store.webhooks.endpoints.find(api, { id });
    expect(await endpoint("wh_1")).toMatchObject({ revokedAt: NOW + 1, secrets: [] });
    for (const id of ["wh_2", "wh_3"])
      expect(await endpoint(id)).toMatchObject({ revokedAt: null });
    const filter = { endpointId: "wh_1" };
    const { items } = await store.webhooks.deliveries.list(api, filter, {
      ...{ limit: 10, after: undefined },
    });
    expect(items.map(({ status }) => status)).toEqual(["dead"]);
    const ended = (await events()).filter(({ type }) => type === "webhook_endpoint.revoked");
    expect(ended.map(({ detail }) => detail.endpointId)).toEqual(["wh_1"]);
    const late = write("createWebhookEndpoint", anEndpoint({ id: "wh_4", ...OF_APP }));
    await expectRefusal(late, "INVALID_REQUEST", { field: "applicationId" });
  });

  test("one that is made while its application is revoked does not outlive it", async () => {
    for (let n = 0; n < 5; n += 1) {
      const { store, api, write } = await aPlatformScene(open());
      await Promise.allSettled([
        write("createWebhookEndpoint", anEndpoint(OF_APP)),
        write("revokeApplication", { id: "app_1" }),
      ]);
      const page = { limit: 10, after: undefined };
      const { items } = await store.webhooks.endpoints.list(api, { live: true }, page);
      expect(items).toEqual([]);
    }
  });

  test("of several that are moved to one URL at once, one of an application gets it", async () => {
    const { write } = await aPlatformScene(open());
    const ids = ["wh_1", "wh_2", "wh_3", "wh_4"];
    for (const id of ids) {
      await write("createWebhookEndpoint", anEndpoint({ ...OF_APP, id, url: `https://a.b/${id}` }));
    }
    const changes = { url: "https://a.b/new" };
    const moves = ids.map((id) => write("updateWebhookEndpoint", { id, changes }));
    const refused = (await Promise.allSettled(moves)).filter(({ status }) => status === "rejected");
    expect(refused).toHaveLength(3);
    for (const each of refused) {
      expect(each).toMatchObject({ reason: { code: "CONFLICT", details: { field: "url" } } });
    }
  });

  test("nothing is published about an application that never was", async () => {
    const { write } = await aPlatformScene(open());
    const publish = (applicationId: string) =>
      write("publishEvent", { ...anEvent(), applicationId });
    await expectRefusal(publish("app_9"), "INVALID_REQUEST", { field: "applicationId" });
    await write("revokeApplication", { id: "app_2" });
    for (const id of ["app_1", "app_2"]) {
      await expect(publish(id)).resolves.toEqual({ id: "evt_1", endpoints: 0 });
    }
  });
}
