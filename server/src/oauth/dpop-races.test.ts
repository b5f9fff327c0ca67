import { generateKeyPairSync } from "node:crypto";
import {
  type AccountState,
  type CredentialState,
  createEngine,
  createMemoryLimiter,
  type Engine,
  type OneTime,
  policyOf,
  profiles,
  SOLE_WRITER,
  thumbprintOf,
} from "@latchkey/engine";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createStoreOneTime } from "../changes/one-time.ts";
import { createRedisOneTime } from "../limits/one-time.ts";
import { connectRedisCounters } from "../limits/redis-counters.ts";
import { openStore } from "../store/open-store.ts";
import { DATABASES } from "../testing/databases.ts";
import { aDpopProof } from "../testing/dpop-proof.ts";
import { keptLog } from "../testing/log.ts";
import { frozenClock, NOW } from "../testing/now.ts";
import { hasRedis, startPrivateRedis } from "../testing/private-redis.ts";

// Twenty rounds of twenty requests at the same moment with one proof, on two nodes.

const ROUNDS = 20;
const AT_ONCE = 20;
const TOKEN = "lk_at_bound";
const KEY = generateKeyPairSync("ec", { namedCurve: "P-256" });
const BASE = "https://api.example";

/** Where two nodes remember what was used: both of one store, or of one Redis. */
interface Place {
  readonly name: string;
  readonly absent: boolean;
  open(): Promise<{ readonly nodes: readonly OneTime[]; close(): Promise<void> }>;
}

const PLACES: readonly Place[] = [
  ...DATABASES.map((database) => ({
    name: database.name,
    absent: database.absent,
    async open() {
      await database.start();
      const url = await database.newUrl();
      const clock = frozenClock();
      const open = () => openStore({ url, clock, log: keptLog() });
      const stores = [await open(), await open()];
      return {
        nodes: stores.map((store) => createStoreOneTime(store, "standard", clock)),
        async close() {
          for (const store of stores) await store.close();
          await database.stop();
        },
      };
    },
  })),
  {
    name: "Redis",
    absent: !hasRedis(),
    async open() {
      const redis = await startPrivateRedis();
      const monotonic = () => performance.now();
      const counters = await Promise.all(
        [1, 2].map(() => connectRedisCounters({ url: redis.url, monotonic, log: keptLog() })),
      );
      return {
        nodes: counters.map((each) => createRedisOneTime({ counters: each, clock: frozenClock() })),
        async close() {
          for (const each of counters) await each.close();
          await redis.stop();
        },
      };
    },
  },
];

const ACCOUNT: AccountState = {
  ...{ id: "acct_1", kind: "account", parentId: null, status: "active", plan: null },
};
const BOUND: CredentialState = {
  ...{ id: "tok_1", scheme: "access-token", accountId: "acct_1", userId: null, scopes: [] },
  ...{ mode: "live", allowedIps: [], limits: null, signing: "off", expiresAt: null },
  ...{ revokedAt: null, lineageId: "tok_1", successorId: null, rotatedAt: null, brownOuts: [] },
  ...{ handle: null, generation: 1, applicationId: "app_1" },
  token: {
    ...{ kind: "application", grantId: null, origins: null },
    boundKey: thumbprintOf({ ...KEY.publicKey.export({ format: "jwk" }) }),
  },
};

function engineWith(oneTime: OneTime): Engine {
  const { limits: _, ...unlimited } = profiles.standard;
  return createEngine({
    policy: policyOf({ ...unlimited, slug: "standard" }),
    source: {
      credential: async () => ({
        ...{ asOf: 1, credential: BOUND, account: ACCOUNT, material: undefined },
      }),
      account: async () => ({ asOf: 1, account: ACCOUNT }),
      user: async () => ({ asOf: 1, user: undefined }),
    },
    ...{ lease: SOLE_WRITER, limiter: createMemoryLimiter(), oneTime, clock: frozenClock() },
    ...{ requireTls: true, capacity: 16 },
  });
}

for (const place of PLACES) {
  describe.skipIf(place.absent)(`on ${place.name}`, () => {
    let opened: Awaited<ReturnType<Place["open"]>>;
    beforeAll(async () => {
      opened = await place.open();
    });
    afterAll(() => opened?.close());

    test("O-164: a proof has one winner, whichever node it comes to", async () => {
      const engines = opened.nodes.map(engineWith);
      for (let round = 0; round < ROUNDS; round += 1) {
        const jti = `${round}`;
        const said = { method: "GET", url: `${BASE}/v2/me`, token: TOKEN, jti, at: NOW };
        const headers = ["Authorization", `DPoP ${TOKEN}`, "DPoP", aDpopProof(KEY, said)];
        const asked = { method: "GET", target: "/v2/me", headers, base: BASE };
        const decisions = await Promise.all(
          Array.from({ length: AT_ONCE }, (_, i) =>
            engines[i % 2]?.decide({ ...asked, address: "192.0.2.1", secure: true }),
          ),
        );
        const outcomes = decisions.map((made) =>
          made?.outcome === "deny" ? made.reason : made?.outcome,
        );
        const losers = Array.from({ length: AT_ONCE - 1 }, () => "signature_replayed");
        expect(outcomes.toSorted()).toEqual(["allow", ...losers]);
      }
    }, 60_000);
  });
}
