import { describe, expect, test } from "vitest";
import { NO_LOGOUT } from "../../store/application-record.ts";
import type { CommandInput } from "../../store/commands.ts";
import type { Store } from "../../store/store.ts";
import { anAccount, anApiKey, aRotation, digestOf } from "../builders.ts";
import { NOW } from "../now.ts";
import { aScene, expectRefusal, type Scene } from "./scene.ts";

const LIMITS = ["500/minute"];

/** Input of `createRequest`: `acct_1` asks for the verification of `app_1`. */
function aRequest({
  n = 1,
  ...changes
}: Partial<CommandInput<"createRequest">> & {
  readonly n?: number;
} = {}): CommandInput<"createRequest"> {
  return {
    id: `req_${n}`,
    accountId: "acct_1",
    kind: "verification",
    detail: { applicationId: "app_1", words: "Please." },
    maxOpen: 100,
    ...changes,
  };
}

const aLimitRequest = (n: number, credentialId = "key_1") =>
  aRequest({ n, kind: "limit", detail: { credentialId, limits: LIMITS } });

/** Input of `decideRequest`. */
function aVerdict(
  changes: Partial<CommandInput<"decideRequest">> = {},
): CommandInput<"decideRequest"> {
  return { id: "req_1", verdict: "approved", note: null, ...changes };
}

function anApplication(id: string, accountId = "acct_1"): CommandInput<"createApplication"> {
  return {
    ...{ id, accountId, name: "Partner", kind: "oauth", type: "public", status: "pending" },
    ...{ redirectUris: ["https://app.example.com"], scopes: [], permissions: [] },
    ...{ accessTokenFormat: "opaque", pkce: "required", logo: null, homePage: null },
    logout: NO_LOGOUT,
    settings: {
      ...{ bookingRedirectUri: null, bookingCancelRedirectUri: null },
      ...{ bookingRescheduleRedirectUri: null, areEmailsEnabled: true },
      ...{ areDefaultEventTypesEnabled: false, areCalendarEventsEnabled: true },
    },
    ...{ digest: digestOf(id), secret: null, maxLive: 1000 },
  };
}

/** `acct_1` with `app_1`, which is pending, and `key_1`; `acct_2` with `app_2` and `key_9`. */
async function aSceneOfRequests(store: Store): Promise<Scene> {
  const scene = aScene(store);
  const { write } = scene;
  await write("createAccount", anAccount());
  await write("createAccount", anAccount({ id: "acct_2" }));
  await write("createApplication", anApplication("app_1"));
  await write("createApplication", anApplication("app_2", "acct_2"));
  await write("issueCredential", anApiKey());
  await write("issueCredential", anApiKey({ n: 9, accountId: "acct_2" }));
  return scene;
}

/** What holds of customers' requests on every database. */
export function requestsContract(open: () => Store): void {
  const limitsOf = async ({ store, api }: Scene, id: string) =>
    (await store.keyring.find(api, { scheme: "api-key", id }))?.limits;
  const statusOf = async ({ store, api }: Scene, id: string) =>
    (await store.applications.find(api, id))?.status;

  test("keeps what was asked for, open, and finds it under its API alone", async () => {
    const scene = await aSceneOfRequests(open());
    const { store, api, write, events } = scene;
    const created = await write("createRequest", aRequest());
    expect(created).toEqual({
      ...{ id: "req_1", accountId: "acct_1", kind: "verification", status: "open", note: null },
      detail: { applicationId: "app_1", words: "Please." },
      ...{ createdAt: NOW, decidedAt: null },
    });
    expect(await store.requests.find(api, "req_1")).toEqual(created);
    expect(await store.requests.find("elsewhere", "req_1")).toBeUndefined();
    expect(await statusOf(scene, "app_1")).toBe("pending");
    const [event] = (await events()).filter(({ type }) => type.startsWith("customer_request"));
    expect(event).toMatchObject({ type: "customer_request.created", accountId: "acct_1" });
    expect(event?.detail).toEqual({ customerRequestId: "req_1", kind: "verification" });
  });

  test("lists from new to old in pages, by account and by status", async () => {
    const { store, api, write } = await aSceneOfRequests(open());
    const words = { kind: "limit", detail: "More, please." } as const;
    for (const n of [1, 2, 3]) {
      const accountId = n === 2 ? "acct_2" : "acct_1";
      await write("createRequest", aRequest({ n, accountId, ...words }), { at: NOW + n });
    }
    await write("decideRequest", aVerdict({ id: "req_3", verdict: "declined" }));
    const idsOf = async (filter: object, page: object = {}) => {
      const whole = { limit: 10, after: undefined, ...page };
      return (await store.requests.list(api, filter, whole)).items.map(({ id }) => id);
    };
    expect(await idsOf({})).toEqual(["req_3", "req_2", "req_1"]);
    expect(await idsOf({ accountId: "acct_1" })).toEqual(["req_3", "req_1"]);
    expect(await idsOf({ accountId: "acct_1", status: "open" })).toEqual(["req_1"]);
    expect(await idsOf({ status: "declined" })).toEqual(["req_3"]);
    const first = await store.requests.list(api, {}, { limit: 2, after: undefined });
    expect(first.next).toEqual({ at: NOW + 2, id: "req_2" });
    expect(await idsOf({}, { after: first.next })).toEqual(["req_1"]);
  });

  test("approving a verification verifies the application with it", async () => {
    const scene = await aSceneOfRequests(open());
    const { store, api, write, eventTypes } = scene;
    await write("createRequest", aRequest());
    const at = NOW + 1000;
    const decided = await write("decideRequest", aVerdict({ note: "Welcome." }), { at });
    expect(decided).toMatchObject({ status: "approved", note: "Welcome.", decidedAt: at });
    expect(await store.requests.find(api, "req_1")).toEqual(decided);
    expect(await statusOf(scene, "app_1")).toBe("verified");
    expect(await eventTypes()).toEqual(
      expect.arrayContaining(["application.verified", "customer_request.approved"]),
    );
  });

  test("approving a limit sets the key's limits, and the feed says so", async () => {
    const scene = await aSceneOfRequests(open());
    const { store, api, write } = scene;
    await write("createRequest", aLimitRequest(1));
    const before = await store.changes.head(api);
    await write("decideRequest", aVerdict());
    expect(await limitsOf(scene, "key_1")).toEqual(LIMITS);
    const changes = await store.changes.after(api, before, 10);
    expect(changes).toMatchObject([
      { kind: "credential", subjectId: "key_1", state: { limits: LIMITS } },
    ]);
  });

  test("a key that was rotated meanwhile shares the limits with its successors", async () => {
    const scene = await aSceneOfRequests(open());
    const { write } = scene;
    await write("createRequest", aLimitRequest(1));
    await write("rotateCredential", aRotation({ overlapSeconds: 60 }));
    const late = { at: NOW + 120_000 };
    await write("rotateCredential", aRotation({ n: 3, id: "key_2" }), late);
    await write("revokeCredential", { scheme: "api-key", id: "key_1" }, late);
    await write("decideRequest", aVerdict(), late);
    expect(await limitsOf(scene, "key_1")).toBeNull();
    expect(await limitsOf(scene, "key_2")).toEqual(LIMITS);
    expect(await limitsOf(scene, "key_3")).toEqual(LIMITS);
  });

  test("declining, and approving what is only in words, changes nothing else", async () => {
    const scene = await aSceneOfRequests(open());
    const { store, api, write } = scene;
    await write("createRequest", aRequest());
    await write("createRequest", aLimitRequest(2));
    await write("createRequest", aRequest({ n: 3, kind: "limit", detail: "More, please." }));
    // What has a meaning in one kind of request has none in the other.
    const detail = { applicationId: "app_1" };
    await write("createRequest", aRequest({ n: 4, kind: "limit", detail }));
    const before = await store.changes.head(api);
    await write("decideRequest", aVerdict({ verdict: "declined", note: "No." }));
    await write("decideRequest", aVerdict({ id: "req_2", verdict: "declined" }));
    await write("decideRequest", aVerdict({ id: "req_3" }));
    await write("decideRequest", aVerdict({ id: "req_4" }));
    expect(await store.changes.head(api)).toBe(before);
    expect(await statusOf(scene, "app_1")).toBe("pending");
    expect(await limitsOf(scene, "key_1")).toBeNull();
  });

  test.each(["approved", "declined"] as const)(
    "what was %s is not decided again",
    async (verdict) => {
      const { store, api, write } = await aSceneOfRequests(open());
      await write("createRequest", aRequest());
      const decided = await write("decideRequest", aVerdict({ verdict, note: "First." }));
      for (const again of ["approved", "declined"] as const) {
        const attempt = write("decideRequest", aVerdict({ verdict: again, note: "Second." }));
        await expectRefusal(attempt, "CONFLICT", { status: verdict });
      }
      expect(await store.requests.find(api, "req_1")).toEqual(decided);
      await expectRefusal(write("decideRequest", aVerdict({ id: "req_2" })), "NOT_FOUND");
    },
  );

  test("of 20 who decide at once one does, and what it said is what happened", async () => {
    const scene = await aSceneOfRequests(open());
    const { store, api, write, eventTypes } = scene;
    await write("createRequest", aRequest());
    const attempts = Array.from({ length: 20 }, (_, i) =>
      write("decideRequest", aVerdict({ verdict: i % 2 === 0 ? "approved" : "declined" })),
    );
    const settled = await Promise.allSettled(attempts);
    expect(settled.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    const kept = await store.requests.find(api, "req_1");
    const isApproved = kept?.status === "approved";
    expect(await statusOf(scene, "app_1")).toBe(isApproved ? "verified" : "pending");
    const types = await eventTypes();
    expect(types.filter((type) => /request\.(approved|declined)/.test(type))).toHaveLength(1);
  });

  describe("nothing is decided when it cannot be done:", () => {
    test("the application was revoked since", async () => {
      const { store, api, write, eventTypes } = await aSceneOfRequests(open());
      await write("createRequest", aRequest());
      await write("revokeApplication", { id: "app_1" });
      await expectRefusal(write("decideRequest", aVerdict()), "CONFLICT");
      expect(await store.requests.find(api, "req_1")).toMatchObject({ status: "open" });
      expect(await eventTypes()).not.toContain("customer_request.approved");
      const declined = await write("decideRequest", aVerdict({ verdict: "declined" }));
      expect(declined.status).toBe("declined");
    });

    test("the key was revoked since", async () => {
      const scene = await aSceneOfRequests(open());
      const { store, api, write } = scene;
      await write("createRequest", aLimitRequest(1));
      await write("revokeCredential", { scheme: "api-key", id: "key_1" });
      await expectRefusal(write("decideRequest", aVerdict()), "CONFLICT");
      expect(await store.requests.find(api, "req_1")).toMatchObject({ status: "open" });
    });
  });

  test.each<[string, Partial<CommandInput<"createRequest">>, string]>([
    ["an account that is not there", { accountId: "acct_3" }, "accountId"],
    ["another's application", { detail: { applicationId: "app_2" } }, "detail.applicationId"],
    ["no application", { detail: { applicationId: "key_1" } }, "detail.applicationId"],
    ["another's key", { ...aLimitRequest(1, "key_9") }, "detail.credentialId"],
    ["no key", { ...aLimitRequest(1, "app_1") }, "detail.credentialId"],
  ])("refuses a request about %s", async (_what, changes, field) => {
    const { store, api, write } = await aSceneOfRequests(open());
    const attempt = write("createRequest", aRequest(changes));
    await expectRefusal(attempt, "INVALID_REQUEST", { field });
    expect(await store.requests.find(api, "req_1")).toBeUndefined();
  });

  test("refuses one about what is revoked already", async () => {
    const { write } = await aSceneOfRequests(open());
    await write("revokeApplication", { id: "app_1" });
    await write("revokeCredential", { scheme: "api-key", id: "key_1" });
    await expectRefusal(write("createRequest", aRequest()), "INVALID_REQUEST");
    await expectRefusal(write("createRequest", aLimitRequest(1)), "INVALID_REQUEST");
  });

  test("an account has at most so many open ones, also when all come at once", async () => {
    const { store, api, write } = await aSceneOfRequests(open());
    const attempts = Array.from({ length: 10 }, (_, n) =>
      write("createRequest", aRequest({ n, maxOpen: 3 })),
    );
    const settled = await Promise.allSettled(attempts);
    expect(settled.filter(({ status }) => status === "fulfilled")).toHaveLength(3);
    const [one] = (await store.requests.list(api, {}, { limit: 1, after: undefined })).items;
    await write("decideRequest", aVerdict({ id: one?.id ?? "", verdict: "declined" }));
    await write("createRequest", aRequest({ n: 20, maxOpen: 3 }));
    const more = write("createRequest", aRequest({ n: 21, maxOpen: 3 }));
    await expectRefusal(more, "CONFLICT", { field: "accountId", max: 3 });
    const others = { accountId: "acct_2", detail: "Please." };
    await write("createRequest", aRequest({ n: 22, maxOpen: 3, ...others }));
  });
}
