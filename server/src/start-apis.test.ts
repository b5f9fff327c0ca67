import { type Engine, newKey, policyOf, profiles, secretDigest } from "@latchkey/engine";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createUsageRecorder, type UsageRecorder } from "./audit/usage.ts";
import { createLog } from "./http/log.ts";
import { openCounters } from "./limits/open-counters.ts";
import { recordPolicies } from "./policy-file/record-policies.ts";
import { startApis } from "./start-apis.ts";
import { openStore } from "./store/open-store.ts";
import { createSealing } from "./store/sealing.ts";
import { API, aContext, anAccount, anApiKey } from "./testing/builders.ts";
import { keptLog } from "./testing/log.ts";
import { frozenClock } from "./testing/now.ts";
import { temporarySqlite } from "./testing/temporary-sqlite.ts";

const POLICY = policyOf({ ...profiles.standard, slug: API });
const DECISIONS = 500;

let asked: string[];
let engine: Engine;
let usage: UsageRecorder;
let keys: readonly string[];
let close: () => Promise<void>;

beforeEach(async () => {
  const clock = frozenClock();
  const database = temporarySqlite();
  const opened = await openStore({ url: database.url, clock, log: keptLog() });
  asked = [];
  const store = telling(opened, asked);
  await recordPolicies([POLICY], { store, clock });
  await store.write("createAccount", anAccount(), aContext());
  const log = createLog({ level: "silent" });
  const counters = await openCounters({ redisUrl: undefined, clock, monotonic: clock, log });
  const sealing = createSealing([new Uint8Array(32).fill(7)]);
  const parts = { store, sealing, counters, requireTls: false, clock, monotonic: clock, log };
  const { apis, leases } = await startApis([POLICY], parts);
  const found = apis.get(API);
  if (found === undefined) throw new Error("the API was not started");
  engine = found.engine;
  usage = createUsageRecorder({ store, clock, log });
  keys = [1, 2].map(() => newKey(POLICY.keyFormat, "live").key);
  for (const [n, key] of keys.entries()) {
    await store.write("issueCredential", anApiKey({ n, digest: secretDigest(key) }), aContext());
  }
  close = async () => {
    await usage.close();
    await Promise.all([...leases.values()].map((lease) => lease.stop()));
    await opened.close();
    database.remove();
  };
});
afterEach(() => close());

/** Decides, and remembers the decision, as each door does. */
async function decide(key: string): Promise<string> {
  const headers = ["Authorization", `Bearer ${key}`];
  const request = { method: "GET", target: "/v2/users", headers, address: "192.0.2.1" };
  const decision = engine.decide({ ...request, secure: true });
  const settled = decision instanceof Promise ? await decision : decision;
  usage.record(API, settled, request, "req-1", 0.001);
  return settled.outcome === "allow" ? "allow" : settled.reason;
}

test("a decision about what is known reads nothing from the database and writes nothing", async () => {
  const [first = "", second = ""] = keys;
  expect([await decide(first), await decide(second)]).toEqual(["allow", "allow"]);
  expect(asked).not.toEqual([]);
  asked.length = 0;
  const outcomes = new Set<string>();
  for (let i = 0; i < DECISIONS; i += 1) outcomes.add(await decide(i % 2 === 0 ? first : second));
  expect(outcomes).toEqual(new Set(["allow", "rate_limited"]));
  expect(asked).toEqual([]);
});

test("nor does one about what is no key, or was asked about just now", async () => {
  const unknown = newKey(POLICY.keyFormat, "live").key;
  expect(await decide(unknown)).toBe("credential_unknown");
  asked.length = 0;
  for (let i = 0; i < 50; i += 1) {
    expect(await decide(unknown)).toBe("credential_unknown");
    expect(await decide(`${unknown.slice(0, -1)}-`)).toBe("credential_malformed");
  }
  expect(asked).toEqual([]);
});

/** The same store, which notes the name of every call. */
function telling<Part extends object>(part: Part, calls: string[]): Part {
  return new Proxy(part, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value === "object" && value !== null) return telling(value, calls);
      if (typeof value !== "function") return value;
      return (...args: readonly unknown[]) => {
        calls.push(String(name));
        return Reflect.apply(value, target, args);
      };
    },
  });
}
