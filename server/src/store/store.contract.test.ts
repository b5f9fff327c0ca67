import { afterAll, beforeAll, describe } from "vitest";
import { DATABASES, openTestStore } from "../testing/databases.ts";
import { accessTokensContract } from "../testing/store-contract/access-tokens.ts";
import { accountsContract } from "../testing/store-contract/accounts.ts";
import { apiKeysContract } from "../testing/store-contract/api-keys.ts";
import { applicationsContract } from "../testing/store-contract/applications.ts";
import { brownOutsContract } from "../testing/store-contract/brown-outs.ts";
import { ceilingsContract } from "../testing/store-contract/ceilings.ts";
import { childAccountsContract } from "../testing/store-contract/child-accounts.ts";
import { eventsContract } from "../testing/store-contract/events.ts";
import { expiringKeysContract } from "../testing/store-contract/expiring-keys.ts";
import { feedsContract } from "../testing/store-contract/feeds.ts";
import { idempotencyContract } from "../testing/store-contract/idempotency.ts";
import { keyListsContract } from "../testing/store-contract/key-lists.ts";
import { keyringContract } from "../testing/store-contract/keyring.ts";
import { latencyContract } from "../testing/store-contract/latency.ts";
import { leakedKeysContract } from "../testing/store-contract/leaked-keys.ts";
import { logoutNoticesContract } from "../testing/store-contract/logout-notices.ts";
import { managedUsersContract } from "../testing/store-contract/managed-users.ts";
import { membershipRemovalContract } from "../testing/store-contract/membership-removal.ts";
import { oauthContract } from "../testing/store-contract/oauth.ts";
import { operatorTokensContract } from "../testing/store-contract/operator-tokens.ts";
import { passkeysContract } from "../testing/store-contract/passkeys.ts";
import { policiesContract } from "../testing/store-contract/policies.ts";
import { portalSessionsContract } from "../testing/store-contract/portal-sessions.ts";
import { requestsContract } from "../testing/store-contract/requests.ts";
import { rotationContract } from "../testing/store-contract/rotation.ts";
import { secondFactorsContract } from "../testing/store-contract/second-factors.ts";
import { secretsContract } from "../testing/store-contract/secrets.ts";
import { sessionsContract } from "../testing/store-contract/sessions.ts";
import { signInLinksContract } from "../testing/store-contract/sign-in-links.ts";
import { usageContract } from "../testing/store-contract/usage.ts";
import { usersContract } from "../testing/store-contract/users.ts";
import { verifiersContract } from "../testing/store-contract/verifiers.ts";
import { webhookEndpointsContract } from "../testing/store-contract/webhook-endpoints.ts";
import { webhookListsContract } from "../testing/store-contract/webhook-lists.ts";
import { webhooksContract } from "../testing/store-contract/webhooks.ts";
import type { Store } from "./store.ts";

for (const database of DATABASES) {
  describe.skipIf(database.absent)(`a store on ${database.name}`, () => {
    let store: Store | undefined;
    let url = "";

    beforeAll(async () => {
      await database.start();
      url = await database.newUrl();
      store = await openTestStore(url);
    });

    afterAll(async () => {
      await store?.close();
      await database.stop();
    });

    const open = () => {
      if (store === undefined) throw new Error("the store is not open yet");
      return store;
    };
    describe("accounts", () => accountsContract(open));
    describe("child accounts", () => childAccountsContract(open));
    describe("users", () => usersContract(open));
    describe("who leaves an account", () => membershipRemovalContract(open));
    describe("portal sessions", () => portalSessionsContract(open));
    describe("sessions", () => sessionsContract(open));
    describe("ceilings", () => ceilingsContract(open));
    describe("API keys", () => apiKeysContract(open));
    describe("rotation", () => rotationContract(open));
    describe("keyring", () => keyringContract(open));
    describe("key lists", () => keyListsContract(open));
    describe("expiring keys", () => expiringKeysContract(open));
    describe("secrets", () => secretsContract(open));
    describe("brown-outs", () => brownOutsContract(open));
    describe("applications", () => applicationsContract(open));
    describe("access tokens", () => accessTokensContract(open));
    describe("managed users", () => managedUsersContract(open));
    describe("requests", () => requestsContract(open));
    describe("authorization servers", () => oauthContract(open));
    describe("logout notices", () => logoutNoticesContract(open));
    describe("operator tokens", () => operatorTokensContract(open));
    describe("second factors", () => secondFactorsContract(open));
    describe("passkeys", () => passkeysContract(open));
    describe("operators and links", () => signInLinksContract(open));
    describe("policies", () => policiesContract(open));
    describe("usage", () => usageContract(open));
    describe("latency", () => latencyContract(open));
    describe("events", () => eventsContract(open));
    describe("leaked keys", () => leakedKeysContract(open));
    describe("webhooks", () => webhooksContract(open));
    describe("webhook endpoints", () => webhookEndpointsContract(open));
    describe("lists of webhooks", () => webhookListsContract(open));
    describe("feeds", () => feedsContract(open, () => url));
    describe("verifiers", () => verifiersContract(open, () => url));
    describe("idempotency", () => idempotencyContract(open));
  });
}
