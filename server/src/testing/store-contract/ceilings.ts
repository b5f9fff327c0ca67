import { expect, test } from "vitest";
import { NO_LOGOUT } from "../../store/application-record.ts";
import type { CommandInput, CommandName } from "../../store/commands.ts";
import { UNDER_CEILING } from "../../store/commands.ts";
import type { Store } from "../../store/store.ts";
import { aJwtSecret, anAccount, anApiKey, aRotation, aUser, digestOf } from "../builders.ts";
import { NOW } from "../now.ts";
import { aScene, expectRefusal, type Scene } from "./scene.ts";
import { anEndpoint, anEvent } from "./webhook-scene.ts";

const OWN = ["acct_1"];
const PAGE = { limit: 10, after: undefined };
const PLAN = { overlapSeconds: 3600, force: false, brownOuts: [] };
const KEY = { scheme: "api-key", id: "key_1" } as const;
const newSecret = { id: "sec_2", digest: digestOf("sec_2"), lastFour: "0002" };

function anApplication(id: string, accountId: string): CommandInput<"createApplication"> {
  return {
    ...{ id, accountId, name: "Partner", kind: "oauth", type: "confidential", status: "verified" },
    ...{ redirectUris: ["https://app.example.com"], scopes: [], permissions: [] },
    ...{ accessTokenFormat: "opaque", pkce: "optional", logo: null, homePage: null },
    logout: NO_LOGOUT,
    settings: {
      ...{ bookingRedirectUri: null, bookingCancelRedirectUri: null },
      ...{ bookingRescheduleRedirectUri: null, areEmailsEnabled: true },
      ...{ areDefaultEventTypesEnabled: false, areCalendarEventsEnabled: true },
    },
    digest: digestOf(id),
    secret: { id: "sec_1", digest: digestOf(`${id} sec_1`), lastFour: "0001" },
    maxLive: 1000,
  };
}

/** What each command that runs under a ceiling would do to `acct_1`, as input. */
const DEEDS: Readonly<Record<string, unknown>> = {
  issueCredential: anApiKey({ n: 5 }),
  updateApiKey: { id: "key_1", name: "Mine" },
  rotateCredential: aRotation({ n: 3 }),
  rotateSecret: {
    ...{ scheme: "shared-secret-jwt", id: "jws_1", ...PLAN },
    secret: { id: "sec_2", sealed: "c2VhbGVk" },
  },
  planBrownOuts: { ...KEY, brownOuts: [] },
  cancelRotation: KEY,
  revokeCredential: KEY,
  createApplication: anApplication("app_5", "acct_1"),
  updateApplication: { id: "app_1", name: "Mine" },
  rotateClientSecret: { id: "app_1", secret: newSecret, ...PLAN },
  planClientSecretBrownOuts: { id: "app_1", brownOuts: [] },
  revokeApplication: { id: "app_1" },
  createRequest: {
    ...{ id: "req_5", accountId: "acct_1", kind: "limit" },
    ...{ detail: { words: "More." }, maxOpen: 100 },
  },
  revokeGrant: { id: "gnt_1" },
  createWebhookEndpoint: anEndpoint({ id: "wh_5" }),
  updateWebhookEndpoint: { id: "wh_1", changes: { description: "Mine" } },
  rotateWebhookSecret: {
    ...{ id: "wh_1", overlapSeconds: 60, force: false },
    secret: { id: "sec_2", sealed: "c2VhbGVk" },
  },
  revokeWebhookEndpoint: { id: "wh_1" },
  testWebhookEndpoint: { id: "wh_1", eventId: "evt_5" },
  retryDelivery: { id: "the delivery to wh_1" },
  retryDeliveries: { endpointId: "wh_1", status: "dead", limit: 10 },
};

async function aSceneOfTwo(store: Store): Promise<Scene> {
  const scene = aScene(store);
  const { write } = scene;
  for (const [n, accountId] of [
    [1, "acct_1"],
    [2, "acct_2"],
  ] as const) {
    await write("createAccount", anAccount({ id: accountId }));
    await write("createUser", aUser({ id: `user_${n}`, accountId, email: null }));
    await write("issueCredential", anApiKey({ n, accountId }));
    const handle = `${n}.example.com`;
    await write(
      "issueCredential",
      aJwtSecret({
        id: `jws_${n}`,
        accountId,
        handle,
        lineageId: `jws_${n}`,
        digest: digestOf(handle),
      }),
    );
    await write("createApplication", anApplication(`app_${n}`, accountId));
    const asked = { id: `req_${n}`, accountId, kind: "limit", detail: { words: "More." } } as const;
    await write("createRequest", { ...asked, maxOpen: 100 });
    await write("saveGrant", {
      ...{
        id: `gnt_${n}`,
        userId: `user_${n}`,
        applicationId: `app_${n}`,
        scopes: [],
        refused: [],
      },
      ...{ payload: "{}", expiresAt: NOW + 1000 },
    });
    // Of the account's application, but about somebody else's user.
    const endpoint = { id: `wh_${n}`, accountId, applicationId: `app_${n}` };
    await write("createWebhookEndpoint", anEndpoint(endpoint));
  }
  for (const n of [1, 2]) await write("publishEvent", anEventAbout(n));
  return scene;
}

/** An event of the application `app_n` that is about the other account. */
function anEventAbout(n: number): CommandInput<"publishEvent"> {
  return { ...anEvent(n), accountId: `acct_${3 - n}`, applicationId: `app_${n}` };
}

async function deliveryTo(store: Store, api: string, endpointId: string): Promise<string> {
  const { items } = await store.webhooks.deliveries.list(api, { endpointId }, PAGE);
  return items[0]?.id ?? "";
}

/** What every store does for callers who reach some accounts only. */
export function ceilingsContract(open: () => Store): void {
  test("what belongs to another account is in no list and cannot be found", async () => {
    const { store, api } = await aSceneOfTwo(open());
    const key = (id: string) => store.keyring.find(api, { scheme: "api-key", id, ceiling: OWN });
    const finds: Readonly<Record<string, (n: number) => Promise<unknown>>> = {
      account: (n) => store.accounts.find(api, `acct_${n}`, OWN),
      key: (n) => key(`key_${n}`),
      application: (n) => store.applications.find(api, `app_${n}`, OWN),
      grant: (n) => store.grants.find(api, `gnt_${n}`, OWN),
      request: (n) => store.requests.find(api, `req_${n}`, OWN),
      webhook: (n) => store.webhooks.endpoints.find(api, { id: `wh_${n}` }, OWN),
      delivery: async (n) =>
        store.webhooks.deliveries.find(api, await deliveryTo(store, api, `wh_${n}`), OWN),
    };
    for (const [what, find] of Object.entries(finds)) {
      expect([what, await find(1)]).toEqual([what, expect.objectContaining({})]);
      expect([what, await find(2)]).toEqual([what, undefined]);
    }
    const lists = (filter: { ceiling: readonly string[]; accountId?: string }) => ({
      key: store.keyring.list(api, { scheme: "api-key", ...filter }, PAGE),
      application: store.applications.list(api, filter, PAGE),
      grant: store.grants.list(api, filter, PAGE),
      request: store.requests.list(api, filter, PAGE),
      event: store.events.list(api, filter, PAGE),
      webhook: store.webhooks.endpoints.list(api, filter, PAGE),
    });
    for (const [what, listed] of Object.entries(lists({ ceiling: OWN }))) {
      const owners = (await listed).items.map(({ accountId }) => accountId);
      expect([what, new Set(owners)]).toEqual([what, new Set(["acct_1"])]);
    }
    const foreign = { ...lists({ ceiling: OWN, accountId: "acct_2" }), ...lists({ ceiling: [] }) };
    for (const [what, listed] of Object.entries(foreign)) {
      expect([what, (await listed).items]).toEqual([what, []]);
    }
    const endpointIds = async (filter: object) =>
      (await store.webhooks.deliveries.list(api, filter, PAGE)).items.map((row) => row.endpointId);
    expect(await endpointIds({ ceiling: OWN })).toEqual(["wh_1"]);
    expect(await endpointIds({ ceiling: OWN, endpointId: "wh_2" })).toEqual([]);
    expect(await endpointIds({ ceiling: [] })).toEqual([]);
    const accounts = await store.accounts.list(api, { ceiling: OWN }, PAGE);
    expect(accounts.items.map(({ id }) => id)).toEqual(["acct_1"]);
  });

  test("usage of other accounts is in no list", async () => {
    const { store, api, write } = await aSceneOfTwo(open());
    const one = { api, hour: NOW, outcome: "allow", count: 1, clientVersion: null } as const;
    const usage = [1, 2].map((n) => ({
      ...{ ...one, credentialId: `key_${n}`, accountId: `acct_${n}` },
    }));
    await write("recordUsage", { usage, lastUsed: [], refusals: [] });
    const { items } = await store.usage.list(api, { ceiling: OWN }, PAGE);
    expect(items.map(({ accountId }) => accountId)).toEqual(["acct_1"]);
  });

  test("there is a deed to try for every command that runs under a ceiling", () => {
    expect(Object.keys(DEEDS).sort()).toEqual([...UNDER_CEILING].sort());
  });

  test.each(Object.entries(DEEDS))(
    "%s reaches its own account and no other",
    async (name, input) => {
      const { store, api, write, events } = await aSceneOfTwo(open());
      const named = name === "retryDelivery" ? { id: await deliveryTo(store, api, "wh_1") } : input;
      const run = (ceiling: readonly string[]) =>
        write(name as CommandName, named as never, { ceiling });
      if (name.startsWith("plan") || name === "cancelRotation") {
        const ofClient = name === "planClientSecretBrownOuts";
        const of = ofClient ? "rotateClientSecret" : "rotateCredential";
        await write(of, DEEDS[of] as never);
      }
      const before = await events();
      const code = /^(?:issue|create)/.test(name) ? "INVALID_REQUEST" : "NOT_FOUND";
      await expectRefusal(run(["acct_2"]), code);
      await expectRefusal(run([]), code);
      expect(await events()).toEqual(before);
      await expect(run(OWN)).resolves.toBeDefined();
    },
  );

  test("a command that knows no ceiling does not run under one", async () => {
    const { store, api, write } = await aSceneOfTwo(open());
    await expect(write("suspendAccount", { id: "acct_1" }, { ceiling: OWN })).rejects.toThrow();
    expect(await store.accounts.find(api, "acct_1")).toMatchObject({ suspendedAt: null });
  });
}
