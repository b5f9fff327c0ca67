import { compilePolicy, policyOf, profiles } from "@latchkey/engine";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openStore } from "../store/open-store.ts";
import type { Store } from "../store/store.ts";
import { API, aContext, anAccount, aUser, digestOf } from "../testing/builders.ts";
import { keptLog } from "../testing/log.ts";
import { frozenClock, NOW } from "../testing/now.ts";
import { expectRefusal } from "../testing/store-contract/scene.ts";
import { type TemporarySqlite, temporarySqlite } from "../testing/temporary-sqlite.ts";
import { createPortalSessions, type PortalSessions } from "./portal-sessions.ts";

const { at: _at, ...CALL } = aContext();
const DRAFT = { accountId: "acct_1", userId: "user_1" };

let database: TemporarySqlite;
let store: Store;
let sessions: PortalSessions;
beforeEach(async () => {
  database = temporarySqlite();
  const clock = frozenClock();
  store = await openStore({ url: database.url, clock, log: keptLog() });
  sessions = createPortalSessions({
    ...{ store, clock, publicUrl: "https://keys.example.com" },
    policies: new Map([[API, compilePolicy(policyOf({ ...profiles.savvycal, slug: API }))]]),
  });
  await store.write("createAccount", anAccount(), aContext());
  await store.write("createUser", aUser(), aContext());
});
afterEach(async () => {
  await store.close();
  database.remove();
});

const URL_FORM = /^https:\/\/keys\.example\.com\/dashboard\/#portal=([A-Za-z0-9_-]{43})$/;

test("makes a link for five minutes, with all that an owner may do", async () => {
  const session = await sessions.create(CALL, { ...DRAFT, returnUrl: "https://example.com/back" });
  expect(session).toMatchObject({
    id: expect.stringMatching(/^ds_[0-9a-f]{12}$/),
    url: expect.stringMatching(URL_FORM),
    returnUrl: "https://example.com/back",
    createdAt: NOW,
    expiresAt: NOW + 300_000,
  });
  expect(session.capabilities).toEqual([
    "api-keys:write",
    "signing-keys:write",
    "applications:write",
    "webhooks:write",
    "usage:write",
    "security:write",
  ]);
});

test("a member may look, and change nothing", async () => {
  const member = aUser({ id: "user_2", email: null, role: "member" });
  await store.write("createUser", member, aContext());
  const { capabilities } = await sessions.create(CALL, { ...DRAFT, userId: "user_2" });
  expect(capabilities).toHaveLength(6);
  expect(capabilities.filter((name) => !name.endsWith(":read"))).toEqual([]);
});

test("each link is another, and a repeated call shows the first one again", async () => {
  const idempotency = {
    keyDigest: digestOf("key"),
    bodyDigest: digestOf("body"),
    sealingKeys: [digestOf("seal")],
  };
  const first = await sessions.create({ ...CALL, idempotency }, DRAFT);
  expect(await sessions.create({ ...CALL, idempotency }, DRAFT)).toEqual(first);
  expect((await sessions.create(CALL, DRAFT)).url).not.toBe(first.url);
});

test.each([
  "https://example.com",
  "https://example.com:8443/settings?tab=api",
  "http://localhost:3000/back",
  "http://127.0.0.1/",
  "http://[::1]:8080/",
])("leads back to %s", async (returnUrl) => {
  expect(await sessions.create(CALL, { ...DRAFT, returnUrl })).toMatchObject({ returnUrl });
});

test.each([
  "",
  "/settings",
  "example.com",
  "http://example.com/",
  "http://localhost.example.com/",
  "javascript:alert(1)",
  "data:text/html,x",
  "https://example.com/settings#keys",
  " https://example.com/",
  "https://example.com/\t\nx",
  "https://example.com/%0d%0ax",
  "https:example.com",
  "https:\\\\example.com",
  "https://example.com\\@other.example",
  "http://127.1/",
  "https://*.example.com/",
  "https://@example.com/",
  "https://user@example.com/",
  "https://user:secret@example.com/",
  `https://example.com/${"x".repeat(2030)}`,
])("does not lead back to %s", async (returnUrl) => {
  const attempt = sessions.create(CALL, { ...DRAFT, returnUrl });
  await expectRefusal(attempt, "INVALID_REQUEST", { field: "returnUrl" });
});
