import { afterAll, beforeAll, expect, test } from "vitest";
import { openStore } from "../store/open-store.ts";
import { createSealing, type Sealing } from "../store/sealing.ts";
import type { Store } from "../store/store.ts";
import { webhookSecretPlace } from "../store/webhook-record.ts";
import { API, aContext, anAccount } from "../testing/builders.ts";
import { keptLog } from "../testing/log.ts";
import { frozenClock } from "../testing/now.ts";
import { anEndpoint } from "../testing/store-contract/webhook-scene.ts";
import { temporarySqlite } from "../testing/temporary-sqlite.ts";
import { resealWebhookSecrets } from "./resealing.ts";
import { sealWebhookSecret } from "./webhook-secret.ts";

const OLD = new Uint8Array(32).fill(1);
const NEW = new Uint8Array(32).fill(2);
const SECRET = "whsec_that-signs";
const clock = frozenClock();
const database = temporarySqlite();

let store: Store;
beforeAll(async () => {
  store = await openStore({ url: database.url, clock, log: keptLog() });
  await store.write("createAccount", anAccount(), aContext());
  const place = { api: API, endpointId: "wh_1", withPair: true };
  const secret = sealWebhookSecret(createSealing([OLD]), SECRET, place);
  await store.write("createWebhookEndpoint", anEndpoint({ secret }), aContext());
});
afterAll(async () => {
  await store.close();
  database.remove();
});

const reseal = (sealing: Sealing) => resealWebhookSecrets({ store, sealing, clock });

test("secrets that no key here opens are named, and left as they are", async () => {
  const nothing = { resealed: 0, lost: [`wh_1 in ${API}`] };
  expect(await reseal(createSealing([NEW]))).toEqual(nothing);
});

test("secret and key pair come under the newest key, once, and the old one can be dropped", async () => {
  const both = createSealing([NEW, OLD]);
  expect(await reseal(both)).toEqual({ resealed: 2, lost: [] });
  expect(await reseal(both)).toEqual({ resealed: 0, lost: [] });
  const [endpoint] = await store.webhooks.sealedEndpoints(undefined, 10);
  const [stored] = endpoint?.secrets ?? [];
  const names = { endpointId: "wh_1", secretId: stored?.id ?? "" };
  const open = (sealed = "", part: "hmac" | "pair") =>
    createSealing([NEW]).open(
      Buffer.from(sealed, "base64"),
      webhookSecretPlace(API, { ...names, part }),
    );
  expect(Buffer.from(open(stored?.sealed, "hmac")).toString()).toBe(SECRET);
  expect(open(stored?.pair?.sealed, "pair").length).toBeGreaterThan(32);
  // One part does not open as the other.
  expect(() => open(stored?.sealed, "pair")).toThrow();
});
