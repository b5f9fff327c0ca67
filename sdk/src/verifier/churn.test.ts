import { hash } from "node:crypto";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import {
  type CredentialState,
  createLeasedLimiter,
  type Decision,
  newKey,
  type Source,
} from "@latchkey/engine";
import { expect, test } from "vitest";
import { aCredential, anAnswer, aPolicy, aRequest, NOW } from "../testing/known-key.ts";
import { createDecider } from "./decider.ts";
import { createKnownApi } from "./known-api.ts";

const CAPACITY = 2000;
const MINUTE = 60_000;
const HOURS = 24;
/** In each minute so many keys are issued, used for the last time, revoked, and made up. */
const ISSUED = 20;
const USED = 40;
const CHANGED = 10;
const MADE_UP = 45;
/** By then every table is as full as it gets. */
const FULL_AFTER_HOURS = 6;
/** Bytes in 18 hours of 150,000 decisions and 22,000 changes: nothing is kept of each. */
const MOST_GROWTH = 512 * 1024;

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** Bytes that are in use, of objects and of arrays. */
function liveBytes(): number {
  collect();
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** A verifier's memory, a clock that the test sets, and a server that has every key ever issued. */
function aVerifier() {
  let now = NOW;
  let seq = 1;
  /** The last keys only: a server in this process would grow instead. */
  const issued = new Map<string, CredentialState>();
  const keys: { readonly key: string; readonly state: CredentialState }[] = [];
  const source: Source = {
    credential: async (_scheme, digest) => {
      const state = issued.get(Buffer.from(digest).toString("base64url"));
      if (state === undefined) {
        return { asOf: seq, credential: undefined, account: undefined, material: undefined };
      }
      const answer = anAnswer(seq, state);
      const account = answer.account && { ...answer.account, id: state.accountId };
      return { ...answer, account };
    },
    account: () => Promise.reject(new Error("not asked here")),
    user: () => Promise.reject(new Error("not asked here")),
  };
  const clock = () => now;
  const lease = { holds: () => true, age: () => 0 };
  const api = createKnownApi({
    ...{ source, lease, clock, requireTls: false, capacity: CAPACITY },
    leased: createLeasedLimiter({
      ask: () => Promise.reject(new Error("nothing is lent here")),
      ...{ clock, monotonic: clock, maxKeys: CAPACITY },
    }),
    onUnable: () => undefined,
  });
  api.adopt({
    seq,
    policy: { version: 1, digest: "1", policy: aPolicy() },
    issuerKeys: { keys: [] },
  });
  const decider = createDecider({
    ...{ api, clock, requestIdOf: () => "id", count: () => undefined },
    keeper: { lease, enter: () => true, leave: () => undefined },
    online: { decide: async () => undefined },
  });
  const format = aPolicy().keyFormat;
  let made = 0;

  function issue(): void {
    made += 1;
    const { key } = newKey(format, "live");
    const id = `key_${made}`;
    // Scopes and limits of many kinds, which is what alike credentials share.
    const limits = [{ name: "w", max: 1 + (made % 1000), windowSeconds: 3600 }];
    const state = aCredential({ id, lineageId: id, accountId: `acct_${made}`, limits });
    issued.set(hash("sha256", key, "base64url"), state);
    keys.push({ key, state });
    if (keys.length > CAPACITY) {
      const oldest = keys.shift();
      issued.delete(hash("sha256", oldest?.key ?? "", "base64url"));
    }
  }

  function change(n: number): void {
    const { state } = keys[(n * 7919) % keys.length] as (typeof keys)[number];
    seq += 1;
    const changed = n % 2 === 0 ? { revokedAt: now } : { scopes: ["read:users", "read:all"] };
    api.apply({ kind: "credential", seq, state: { ...state, ...changed } });
    seq += 1;
    const account = { ...anAnswer(seq).account, id: state.accountId, plan: `plan ${n % 3}` };
    api.apply({ kind: "account", seq, state: account });
  }

  async function ask(key: string, n: number): Promise<Decision> {
    return decider.verify({ ...aRequest(key), address: `198.51.100.${n % 256}` });
  }

  return {
    api,
    async live(minute: number): Promise<void> {
      now += MINUTE;
      for (let n = 0; n < ISSUED; n += 1) issue();
      for (let n = 0; n < ISSUED; n += 1) await ask(keys.at(-1 - n)?.key ?? "", n);
      for (let n = 0; n < USED; n += 1) {
        await ask(keys[(minute * USED + n) % keys.length]?.key ?? "", n);
      }
      for (let n = 0; n < CHANGED; n += 1) change(minute * CHANGED + n);
      for (let n = 0; n < MADE_UP; n += 1) await ask(newKey(format, "live").key, n);
    },
  };
}

test("a day of keys that come, go and are made up leaves a verifier no larger than a morning", async () => {
  const { api, live } = aVerifier();
  const bytes: number[] = [];
  for (let minute = 1; minute <= HOURS * 60; minute += 1) {
    await live(minute);
    expect(api.engine?.known()).toBeLessThanOrEqual(CAPACITY);
    if (minute % (FULL_AFTER_HOURS * 60) === 0) bytes.push(liveBytes());
  }
  expect(api.engine?.known()).toBe(CAPACITY);
  const [morning = 0, ...later] = bytes;
  for (const each of later) expect(each - morning).toBeLessThan(MOST_GROWTH);
}, 60_000);
