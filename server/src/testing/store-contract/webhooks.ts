import { describe, expect, test } from "vitest";
import { DEPLOYMENT, type Store } from "../../store/store.ts";
import type { DueFilter } from "../../store/webhook-due.ts";
import { anAccount, anApiKey, aRotation } from "../builders.ts";
import { NOW } from "../now.ts";
import { aScene, expectRefusal, type Scene } from "./scene.ts";
import {
  aClaim,
  aFailure,
  anEndpoint,
  anEvent,
  anOutcome,
  claim,
  settle,
} from "./webhook-scene.ts";

const DAY = 86_400_000;
const ALL = { limit: 100, after: undefined } as const;

/** `acct_1` and `acct_2`. */
async function aSceneOfWebhooks(store: Store): Promise<Scene> {
  const scene = aScene(store);
  await scene.write("createAccount", anAccount());
  await scene.write("createAccount", anAccount({ id: "acct_2" }));
  return scene;
}

/** The same with `wh_1`, and so many events on their way to it. */
async function aSceneOfDeliveries(store: Store, events: number, endpoint: object = {}) {
  const scene = await aSceneOfWebhooks(store);
  await scene.write("createWebhookEndpoint", anEndpoint({ events: ["thing.*"], ...endpoint }));
  for (let n = 1; n <= events; n += 1) await scene.write("publishEvent", anEvent(n));
  return scene;
}

/** What holds of webhooks on every database. */
export function webhooksContract(open: () => Store): void {
  const deliveries = async ({ store, api }: Scene, filter = {}) =>
    (await store.webhooks.deliveries.list(api, filter, ALL)).items;
  const findEndpoint = ({ store, api }: Scene, id = "wh_1") =>
    store.webhooks.endpoints.find(api, { id });
  const EVERY: DueFilter = { limit: 1000, failing: true, except: [] };
  const due = async ({ store, api }: Scene, filter: Partial<DueFilter> = {}, at = NOW) =>
    (await store.webhooks.dueEndpoints(at, { ...EVERY, ...filter })).filter(
      (each) => each.api === api,
    );
  const isDue = async (scene: Scene, at = NOW) => (await due(scene, {}, at)).length > 0;

  describe("endpoints", () => {
    test("are found under their API and account alone, without their secret", async () => {
      const scene = await aSceneOfWebhooks(open());
      const { store, api, write } = scene;
      const made = await write("createWebhookEndpoint", anEndpoint());
      expect(made).toMatchObject({ id: "wh_1", accountId: "acct_1", events: ["*"] });
      expect(JSON.stringify(made)).not.toContain("c2VhbGVk");
      expect(await findEndpoint(scene)).toEqual(made);
      const { endpoints } = store.webhooks;
      expect(await endpoints.find("elsewhere", { id: "wh_1" })).toBeUndefined();
      expect(await endpoints.find(api, { id: "wh_1" }, ["acct_2"])).toBeUndefined();
      expect((await endpoints.list(api, { accountId: "acct_2" }, ALL)).items).toEqual([]);
      expect((await endpoints.list(api, { accountId: "acct_1" }, ALL)).items).toEqual([made]);
      expect(await scene.eventTypes()).toContain("webhook_endpoint.created");
    });

    test.each([
      ["an account", "acct_1"],
      ["no account", null],
    ])("of %s are at most so many, also when all come at once", async (_owner, accountId) => {
      const { write } = await aSceneOfWebhooks(open());
      const attempts = Array.from({ length: 8 }, (_, n) =>
        write("createWebhookEndpoint", anEndpoint({ id: `wh_${n}`, accountId, maxLive: 3 })),
      );
      const settled = await Promise.allSettled(attempts);
      expect(settled.filter(({ status }) => status === "fulfilled")).toHaveLength(3);
    });

    test("are never parallel and in order, also when the two come at once", async () => {
      const { write } = await aSceneOfWebhooks(open());
      await write("createWebhookEndpoint", anEndpoint());
      const change = (changes: object) => write("updateWebhookEndpoint", { id: "wh_1", changes });
      const both = [change({ parallel: 2 }), change({ strictOrder: true })];
      const settled = await Promise.allSettled(both);
      expect(settled.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    });

    test.each([
      [{ strictOrder: true, parallel: 2 }, "parallel"],
      [{ accountId: "acct_9" }, "accountId"],
      [{ applicationId: "app_9" }, "applicationId"],
    ])("are refused for %o", async (wrong, field) => {
      const { write } = await aSceneOfWebhooks(open());
      const attempt = write("createWebhookEndpoint", anEndpoint(wrong));
      await expectRefusal(attempt, "INVALID_REQUEST", { field });
    });

    test("rotated ones have two live secrets at most, and the overlap ends the old", async () => {
      const scene = await aSceneOfWebhooks(open());
      const { write } = scene;
      await write("createWebhookEndpoint", anEndpoint());
      const rotate = (n: number, force = false) =>
        write("rotateWebhookSecret", {
          ...{ id: "wh_1", secret: { id: `sec_${n}`, sealed: "AAAA" } },
          ...{ overlapSeconds: 60, force },
        });
      const { secrets } = await rotate(2);
      expect(secrets.map(({ id, endsAt }) => [id, endsAt])).toEqual([
        ["sec_1", NOW + 60_000],
        ["sec_2", null],
      ]);
      await expectRefusal(rotate(3), "ROTATION_IN_PROGRESS");
      const forced = await rotate(4, true);
      expect(forced.secrets.map(({ id }) => id)).toEqual(["sec_2", "sec_4"]);
    });

    test("revoked ones keep the first instant, no secret, and take no change", async () => {
      const scene = await aSceneOfDeliveries(open(), 2);
      const { write } = scene;
      const named = { id: "wh_1" };
      expect(await write("revokeWebhookEndpoint", named)).toEqual({ revokedAt: NOW });
      const again = await write("revokeWebhookEndpoint", named, { at: NOW + 1 });
      expect(again).toEqual({ revokedAt: NOW });
      expect(await findEndpoint(scene)).toMatchObject({ revokedAt: NOW, secrets: [] });
      expect((await deliveries(scene)).map(({ status }) => status)).toEqual(["dead", "dead"]);
      const change = write("updateWebhookEndpoint", { ...named, changes: { parallel: 2 } });
      await expectRefusal(change, "CONFLICT");
      await write("publishEvent", anEvent(3));
      expect(await deliveries(scene)).toHaveLength(2);
      expect(await write("claimWebhookEndpoint", aClaim())).toBeNull();
    });
  });

  describe("the outbox", () => {
    test("has an event for each endpoint that wants it, and for no other", async () => {
      const scene = await aSceneOfWebhooks(open());
      const { write } = scene;
      const wishes: readonly (readonly [string, object])[] = [
        ["wh_all", { accountId: null }],
        ["wh_own", { events: ["thing.made", "x.y"] }],
        ["wh_prefix", { events: ["thing.*"] }],
        ["wh_other", { accountId: "acct_2" }],
        ["wh_type", { events: ["thing.ended"] }],
        ["wh_near", { events: ["thing.mad"] }],
        ["wh_off", { enabled: false }],
      ];
      for (const [id, wish] of wishes) {
        await write("createWebhookEndpoint", anEndpoint({ id, ...wish }));
      }
      const published = await write("publishEvent", anEvent());
      expect(published).toEqual({ id: "evt_1", endpoints: 3 });
      const queued = await deliveries(scene, { eventId: "evt_1" });
      expect(queued.map(({ endpointId }) => endpointId).sort()).toEqual([
        ...["wh_all", "wh_own", "wh_prefix"],
      ]);
      expect(queued[0]).toMatchObject({
        ...{ type: "thing.made", data: { n: 1 }, accountId: "acct_1", status: "pending" },
        ...{ attemptCount: 0, attempts: [], nextAttemptAt: NOW },
      });
    });

    test("has what happens, in the transaction in which it happens, without the rest", async () => {
      const scene = await aSceneOfWebhooks(open());
      const { write, events } = scene;
      await write("createWebhookEndpoint", anEndpoint());
      await write("issueCredential", anApiKey());
      await write("rotateCredential", aRotation());
      const told = (await deliveries(scene)).map(({ type, data }) => [type, data]);
      expect(told).toContainEqual([
        "api_key.issued",
        { credentialId: "key_1", name: "Production" },
      ]);
      expect(told).toContainEqual([
        "api_key.rotated",
        { credentialId: "key_1", successorId: "key_2", overlapSeconds: 86_400 },
      ]);
      expect(told.map(([type]) => type).sort()).toEqual([
        ...["api_key.issued", "api_key.issued", "api_key.rotated"],
      ]);
      // The ids are those of the audit trail: who has one finds the other.
      const ids = (await events()).map(({ id }) => id);
      for (const { eventId } of await deliveries(scene)) expect(ids).toContain(eventId);
      await expect(write("issueCredential", anApiKey())).rejects.toThrow();
      expect(await deliveries(scene)).toHaveLength(3);
    });

    test("has nothing of an account that is not there", async () => {
      const scene = await aSceneOfWebhooks(open());
      const attempt = scene.write("publishEvent", { ...anEvent(), accountId: "acct_9" });
      await expectRefusal(attempt, "INVALID_REQUEST", { field: "accountId" });
    });

    test("a test goes to its endpoint alone, whatever that wants", async () => {
      const scene = await aSceneOfDeliveries(open(), 0);
      await scene.write("createWebhookEndpoint", anEndpoint({ id: "wh_2" }));
      await scene.write("testWebhookEndpoint", { id: "wh_1", eventId: "evt_t" });
      expect(await deliveries(scene)).toMatchObject([
        { endpointId: "wh_1", type: "webhook.test", eventId: "evt_t" },
      ]);
    });
  });

  describe("a lease on an endpoint", () => {
    test("is one sender's of 20 who want it at once, until it ends", async () => {
      const scene = await aSceneOfDeliveries(open(), 1);
      const { write } = scene;
      const attempts = Array.from({ length: 20 }, (_, n) =>
        write("claimWebhookEndpoint", aClaim(`sender-${n}`)),
      );
      const got = (await Promise.all(attempts)).filter((claimed) => claimed !== null);
      expect(got).toHaveLength(1);
      expect(got[0]?.deliveries.map(({ eventId }) => eventId)).toEqual(["evt_1"]);
      expect(await isDue(scene)).toBe(false);
      const early = await write("claimWebhookEndpoint", aClaim("late"), { at: NOW + 59_999 });
      expect(early).toBeNull();
      expect(await isDue(scene, NOW + 60_000)).toBe(true);
      const late = await write("claimWebhookEndpoint", aClaim("late"), { at: NOW + 60_000 });
      expect(late?.deliveries).toHaveLength(1);
    });

    test("is ended for who knows that its holder is gone", async () => {
      const scene = await aSceneOfDeliveries(open(), 1);
      await claim(scene);
      expect(await isDue(scene)).toBe(false);
      await scene.write("releaseWebhookLeases", undefined, { api: DEPLOYMENT });
      expect(await isDue(scene)).toBe(true);
    });

    test("who has lost it writes nothing", async () => {
      const scene = await aSceneOfDeliveries(open(), 1);
      const { deliveries: old } = await claim(scene);
      const [delivery] = old;
      if (delivery === undefined) throw new Error("nothing was due");
      await claim(scene, NOW + 60_000, "other");
      const late = settle(scene, [anOutcome(delivery)], { at: NOW + 60_001 });
      expect(await late).toEqual({ next: null });
      expect(await deliveries(scene)).toMatchObject([{ status: "pending", attemptCount: 0 }]);
    });

    test("asking for more ends it when there is no more", async () => {
      const scene = await aSceneOfDeliveries(open(), 45);
      const { deliveries: first } = await claim(scene);
      expect(first.map(({ data }) => data.n)).toEqual(Array.from({ length: 40 }, (_, i) => i + 1));
      const kept = await settle(
        scene,
        first.map((each) => anOutcome(each)),
        { afterwards: "keep" },
      );
      expect(kept).toEqual({ next: [] });
      const { next } = await settle(scene, [], { afterwards: "ask" });
      expect(next?.map(({ data }) => data.n)).toEqual([41, 42, 43, 44, 45]);
      expect(await isDue(scene)).toBe(false);
      const last = await settle(
        scene,
        (next ?? []).map((each) => anOutcome(each)),
        { afterwards: "ask" },
      );
      expect(last).toEqual({ next: [] });
      await scene.write("publishEvent", anEvent(46));
      expect(await isDue(scene)).toBe(true);
    });

    test("its holder reads what is due without what it has, repeated ones at most half", async () => {
      const scene = await aSceneOfDeliveries(open(), 8);
      const read = async (except: readonly string[], limit: number) => {
        const filter = { api: scene.api, endpointId: "wh_1", strictOrder: false, except, limit };
        const found = await scene.store.webhooks.dueDeliveries(NOW, filter);
        return found.map(({ data }) => data.n);
      };
      const [one, two, three, ...rest] = (await claim(scene)).deliveries;
      if (one === undefined || two === undefined || three === undefined) throw new Error("few");
      const held = [one.id, rest[0]?.id ?? ""];
      expect(await read(held, 4)).toEqual([2, 3, 5, 6]);
      await settle(scene, [aFailure(one, NOW), aFailure(two, NOW), aFailure(three, NOW)]);
      expect(await read([], 4)).toEqual([1, 2, 4, 5]);
      expect(await read(held, 4)).toEqual([2, 3, 5, 6]);
      const other = { api: "elsewhere", endpointId: "wh_1", strictOrder: false };
      const found = await scene.store.webhooks.dueDeliveries(NOW, {
        ...{ ...other, except: [], limit: 9 },
      });
      expect(found).toEqual([]);
    });
  });

  describe("what became of an attempt", () => {
    test("is kept with the delivery", async () => {
      const scene = await aSceneOfDeliveries(open(), 1);
      const [first] = (await claim(scene)).deliveries;
      if (first === undefined) throw new Error("nothing was due");
      await settle(scene, [aFailure(first, NOW + 5000)]);
      const [failed] = await deliveries(scene);
      expect(failed).toMatchObject({ status: "pending", nextAttemptAt: NOW + 5000 });
      expect(await findEndpoint(scene)).toMatchObject({ failingSince: NOW });
      expect(await isDue(scene, NOW + 4999)).toBe(false);
      const later = NOW + 5000;
      const [second] = (await claim(scene, later)).deliveries;
      if (second === undefined) throw new Error("nothing was due");
      expect(second).toMatchObject({ id: first.id, eventId: "evt_1", attempts: 1, tries: 1 });
      await settle(scene, [anOutcome(second, { number: 2 })], { at: later });
      const [arrived] = await deliveries(scene);
      expect(arrived).toMatchObject({ status: "delivered", attemptCount: 2, settledAt: later });
      expect(arrived?.attempts.map(({ error }) => error)).toEqual(["answered 500", null]);
      expect(await findEndpoint(scene)).toMatchObject({ failingSince: null });
    });

    test("a failed one holds back no other, and comes again beside them", async () => {
      const scene = await aSceneOfDeliveries(open(), 2);
      const [one, two] = (await claim(scene)).deliveries;
      if (one === undefined || two === undefined) throw new Error("two are due");
      await settle(scene, [aFailure(one, NOW + 5000), anOutcome(two)]);
      await scene.write("publishEvent", anEvent(3));
      expect((await claim(scene)).deliveries.map(({ data }) => data.n)).toEqual([3]);
      await settle(scene, []);
      const after = (await claim(scene, NOW + 5000)).deliveries;
      expect(after.map(({ data }) => data.n)).toEqual([1, 3]);
    });

    test("in strict order it holds back all that came after it, until it is settled", async () => {
      const scene = await aSceneOfDeliveries(open(), 3, { strictOrder: true });
      const [one] = (await claim(scene)).deliveries;
      if (one === undefined) throw new Error("one is due");
      await settle(scene, [aFailure(one, NOW + 5000)]);
      expect(await isDue(scene, NOW + 4999)).toBe(false);
      expect((await claim(scene, NOW + 4999)).deliveries).toEqual([]);
      await settle(scene, [], { at: NOW + 4999 });
      expect(await isDue(scene, NOW + 5000)).toBe(true);
      const again = (await claim(scene, NOW + 5000)).deliveries;
      expect(again.map(({ data }) => data.n)).toEqual([1]);
      const given = { at: NOW + 5000, afterwards: "ask" } as const;
      const { next } = await settle(
        scene,
        again.map((each) => aFailure(each, null)),
        given,
      );
      expect(next?.map(({ data }) => data.n)).toEqual([2, 3]);
    });

    test("an endpoint that is gone is disabled, and the others hear of it", async () => {
      const scene = await aSceneOfDeliveries(open(), 3);
      const watching = anEndpoint({ id: "wh_2", events: ["webhook_endpoint.disabled"] });
      await scene.write("createWebhookEndpoint", watching);
      const [one] = (await claim(scene)).deliveries;
      if (one === undefined) throw new Error("one is due");
      const gone = await settle(scene, [aFailure(one, null)], { gone: true, afterwards: "ask" });
      expect(gone).toEqual({ next: null });
      expect(await findEndpoint(scene)).toMatchObject({ disabledAt: NOW, disabledReason: "gone" });
      const [notice, ...rest] = await deliveries(scene, { status: "pending" });
      expect(rest).toEqual([]);
      expect(notice).toMatchObject({
        endpointId: "wh_2",
        type: "webhook_endpoint.disabled",
        data: { endpointId: "wh_1", url: "https://hooks.example.com/", reason: "gone" },
      });
      expect(await deliveries(scene, { status: "dead" })).toHaveLength(3);
    });

    test.each([
      [5 * DAY - 1, null],
      [5 * DAY, "failing"],
    ])("an endpoint that has failed for %i ms is disabled for %o", async (after, reason) => {
      const scene = await aSceneOfDeliveries(open(), 1);
      const [one] = (await claim(scene)).deliveries;
      if (one === undefined) throw new Error("one is due");
      await settle(scene, [aFailure(one, NOW + 1)]);
      const [again] = (await claim(scene, NOW + after)).deliveries;
      if (again === undefined) throw new Error("it is due again");
      const late = { at: NOW + after };
      await settle(scene, [aFailure(again, NOW + 6 * DAY)], late);
      expect(await findEndpoint(scene)).toMatchObject({ disabledReason: reason });
      await scene.write("updateWebhookEndpoint", { id: "wh_1", changes: { enabled: true } }, late);
      const fresh = { disabledAt: null, disabledReason: null, failingSince: null };
      expect(await findEndpoint(scene)).toMatchObject(fresh);
    });

    test("what a disabled endpoint's address holds in its query is told to nobody", async () => {
      const url = "https://hooks.example.com/in?token=abc";
      const scene = await aSceneOfDeliveries(open(), 1, { url });
      const [one] = (await claim(scene)).deliveries;
      if (one === undefined) throw new Error("one is due");
      await settle(scene, [aFailure(one, null)], { gone: true });
      const told = (await scene.events()).find(({ type }) => type === "webhook_endpoint.disabled");
      expect(told?.detail).toMatchObject({ url: "https://hooks.example.com/in" });
    });
  });

  test("a long queue of an endpoint that ended is given up part by part, and no other", async () => {
    const scene = await aSceneOfDeliveries(open(), 0);
    const { write } = scene;
    await write("createWebhookEndpoint", anEndpoint({ id: "wh_2" }));
    const numbers = Array.from({ length: 501 }, (_, n) => n);
    await Promise.all(numbers.map((n) => write("publishEvent", anEvent(n))));
    await write("revokeWebhookEndpoint", { id: "wh_1" });
    const first = { limit: 1000, after: undefined };
    const waiting = async (endpointId: string) => {
      const filter = { endpointId, status: "pending" } as const;
      return (await scene.store.webhooks.deliveries.list(scene.api, filter, first)).items.length;
    };
    expect([await waiting("wh_1"), await waiting("wh_2")]).toEqual([1, 501]);
    expect((await due(scene)).map(({ id }) => id)).toEqual(["wh_2"]);
    while ((await write("giveUpDeliveries", { limit: 500 })).givenUp > 0);
    expect([await waiting("wh_1"), await waiting("wh_2")]).toEqual([0, 501]);
  });

  test("those that fail, or that are an account's, can be left out of what is due", async () => {
    const scene = await aSceneOfDeliveries(open(), 0);
    const { api, write } = scene;
    await write("createWebhookEndpoint", anEndpoint({ id: "wh_2", accountId: "acct_2" }));
    await write("createWebhookEndpoint", anEndpoint({ id: "wh_3", accountId: null }));
    await write("publishEvent", anEvent(1));
    await write("publishEvent", { ...anEvent(2), accountId: "acct_2" });
    const { deliveries: claimed } = await claim(scene);
    await settle(
      scene,
      claimed.map((each) => aFailure(each, NOW)),
    );
    const ids = async (filter: Partial<DueFilter>) =>
      (await due(scene, filter)).map(({ id }) => id).sort();
    expect(await ids({})).toEqual(["wh_1", "wh_2", "wh_3"]);
    expect(await ids({ failing: false })).toEqual(["wh_2", "wh_3"]);
    expect(await ids({ except: [{ api, accountId: "acct_1" }] })).toEqual(["wh_2", "wh_3"]);
    const both = ["acct_1", "acct_2"].map((accountId) => ({ api, accountId }));
    expect(await ids({ except: both })).toEqual(["wh_3"]);
    expect(await ids({ except: [{ api: "another", accountId: "acct_1" }] })).toHaveLength(3);
  });

  describe("once more", () => {
    async function aDeadOne(count = 1) {
      const scene = await aSceneOfDeliveries(open(), count);
      const claimed = (await claim(scene)).deliveries;
      await settle(
        scene,
        claimed.map((each) => aFailure(each, null)),
      );
      return scene;
    }

    test("a dead delivery goes out as if it were new, with its event's id", async () => {
      const scene = await aDeadOne();
      const [dead] = await deliveries(scene, { status: "dead" });
      const at = NOW + 1000;
      await scene.write("retryDelivery", { id: dead?.id ?? "" }, { at });
      const [again] = (await claim(scene, at)).deliveries;
      expect(again).toMatchObject({ eventId: "evt_1", attempts: 1, tries: 0 });
    });

    test("many of them, oldest first and so many at once", async () => {
      const scene = await aDeadOne(3);
      const many = { endpointId: "wh_1", status: "dead", limit: 2 } as const;
      const first = await scene.write("retryDeliveries", many);
      expect(first).toMatchObject({ retried: 2, next: { at: NOW } });
      expect(await scene.write("retryDeliveries", many)).toEqual({ retried: 1, next: null });
      expect(await scene.write("retryDeliveries", many)).toEqual({ retried: 0, next: null });
      expect(await deliveries(scene, { status: "pending" })).toHaveLength(3);
      const none = { ...many, status: "delivered", from: NOW + 1 } as const;
      expect(await scene.write("retryDeliveries", none)).toEqual({ retried: 0, next: null });
    });

    test("many that arrived, each of them once, although they arrive again meanwhile", async () => {
      const scene = await aSceneOfDeliveries(open(), 3);
      const deliverAll = async () => {
        const claimed = (await claim(scene)).deliveries;
        await settle(
          scene,
          claimed.map((each) => anOutcome(each)),
        );
        return claimed.map(({ eventId }) => eventId);
      };
      await deliverAll();
      const many = { endpointId: "wh_1", status: "delivered", limit: 2 } as const;
      const first = await scene.write("retryDeliveries", many);
      expect(first.retried).toBe(2);
      const sent = await deliverAll();
      const rest = { ...many, after: first.next ?? undefined };
      expect(await scene.write("retryDeliveries", rest)).toEqual({ retried: 1, next: null });
      sent.push(...(await deliverAll()));
      expect(sent.sort()).toEqual(["evt_1", "evt_2", "evt_3"]);
    });

    test("many of them keep a strict order, whichever of them fails again", async () => {
      const count = 50;
      const scene = await aSceneOfDeliveries(open(), count, { strictOrder: true });
      for (let given = 0; given < count; ) {
        const claimed = (await claim(scene)).deliveries;
        await settle(
          scene,
          claimed.map((each) => aFailure(each, null)),
        );
        given += claimed.length;
      }
      const many = { endpointId: "wh_1", status: "dead", limit: 500 } as const;
      expect(await scene.write("retryDeliveries", many)).toEqual({ retried: count, next: null });
      const [one] = (await claim(scene)).deliveries;
      if (one === undefined) throw new Error("many are due");
      expect(one.data.n).toBe(1);
      await settle(scene, [aFailure(one, NOW + 5000)]);
      expect(await isDue(scene, NOW + 4999)).toBe(false);
      const next = (await claim(scene, NOW + 5000)).deliveries.map(({ data }) => data.n);
      expect(next).toEqual(Array.from({ length: next.length }, (_, i) => i + 1));
    });

    test("one of a strict order goes at once, before a later one that waits", async () => {
      const scene = await aSceneOfDeliveries(open(), 3, { strictOrder: true });
      const [one, two] = (await claim(scene)).deliveries;
      if (one === undefined || two === undefined) throw new Error("two are due");
      await settle(scene, [aFailure(one, null), aFailure(two, NOW + DAY)]);
      expect(await isDue(scene)).toBe(false);
      await scene.write("retryDelivery", { id: one.id });
      expect(await isDue(scene)).toBe(true);
      expect((await claim(scene)).deliveries.map(({ data }) => data.n)).toEqual([1]);
      const { next } = await settle(scene, [anOutcome(one)], { afterwards: "ask" });
      expect(next).toEqual([]);
      expect(await isDue(scene, NOW + DAY - 1)).toBe(false);
      expect(await isDue(scene, NOW + DAY)).toBe(true);
    });

    test("nothing goes to an endpoint that gets nothing any more", async () => {
      const scene = await aDeadOne();
      const [dead] = await deliveries(scene);
      const off = { id: "wh_1", changes: { enabled: false } };
      await scene.write("updateWebhookEndpoint", off);
      const id = dead?.id ?? "";
      await expectRefusal(scene.write("retryDelivery", { id }), "CONFLICT");
      const many = { endpointId: "wh_1", status: "dead", limit: 2 } as const;
      await expectRefusal(scene.write("retryDeliveries", many), "CONFLICT");
      await expectRefusal(scene.write("retryDelivery", { id: "dlv_9" }), "NOT_FOUND");
    });
  });

  test("what ended is forgotten after 14 days, and what waits is not", async () => {
    const scene = await aSceneOfDeliveries(open(), 2);
    const [one] = (await claim(scene)).deliveries;
    if (one === undefined) throw new Error("one is due");
    await settle(scene, [anOutcome(one)]);
    const forget = (at: number) => scene.write("forgetDeliveries", { limit: 10_000 }, { at });
    await forget(NOW + 14 * DAY - 1);
    expect(await deliveries(scene)).toHaveLength(2);
    await forget(NOW + 14 * DAY);
    expect((await deliveries(scene)).map(({ eventId }) => eventId)).toEqual(["evt_2"]);
  });

  test("a key is told of once, seven days before its end", async () => {
    const scene = await aSceneOfWebhooks(open());
    const { store, api, write } = scene;
    const end = NOW + 30 * DAY;
    for (const n of [1, 2, 3, 4]) {
      const expiresAt = n === 4 ? null : end + n;
      await write("issueCredential", anApiKey({ n, expiresAt }));
    }
    await write("revokeCredential", { scheme: "api-key", id: "key_2" });
    const tell = (at: number) => write("tellOfExpiringKeys", undefined, { at });
    const told = async () =>
      (await scene.events())
        .filter(({ type }) => type === "api_key.expiring")
        .map(({ credentialId }) => credentialId);
    const horizon = end + 1 - 7 * DAY;
    expect(await store.webhooks.areExpiring(api, horizon - 1)).toBe(false);
    await tell(horizon - 1);
    expect(await told()).toEqual([]);
    expect(await store.webhooks.areExpiring(api, horizon)).toBe(true);
    for (let round = 0; round < 2; round += 1) await tell(horizon);
    expect(await store.webhooks.areExpiring(api, horizon)).toBe(false);
    expect(await told()).toEqual(["key_1"]);
    await tell(horizon + DAY);
    expect(await told()).toEqual(["key_1", "key_3"]);
  });

  const HOUR = 3_600_000;
  test.each([
    ["seven days and a moment: seven days before", 7 * DAY + 1, 1],
    ["seven days: when a seventh is left", 7 * DAY, 6 * DAY],
    ["a week less a moment", 7 * DAY - 1, 7 * DAY - 1 - Math.floor((7 * DAY - 1) / 7)],
    ["a day", DAY, DAY - Math.floor(DAY / 7)],
    ["an hour", HOUR, HOUR - Math.floor(HOUR / 7)],
    ["less than an hour: never", HOUR - 1, undefined],
  ])("a key that was made for %s", async (_life, life, notice) => {
    const scene = await aSceneOfWebhooks(open());
    const { store, api, write } = scene;
    // Told of up to now, as on a store that has run for a while.
    await write("tellOfExpiringKeys", undefined);
    await write("issueCredential", anApiKey({ expiresAt: NOW + life }));
    const isDue = (after: number) => store.webhooks.areExpiring(api, NOW + after);
    if (notice === undefined) {
      for (const after of [1, HOUR / 2, life - 1]) expect(await isDue(after)).toBe(false);
      return;
    }
    expect(await isDue(notice - 1)).toBe(false);
    expect(await isDue(notice)).toBe(true);
    expect(await isDue(life - 1)).toBe(true);
    // Too late to be told.
    expect(await isDue(life)).toBe(false);
    await write("tellOfExpiringKeys", undefined, { at: NOW + notice });
    expect(await isDue(life - 1)).toBe(false);
    expect(await scene.eventTypes()).toContain("api_key.expiring");
  });
}
