import { createHash } from "node:crypto";
import { type Clock, type Jwt, readJwt, timeFault, verifierOf } from "@latchkey/engine";
import type { CredentialRecord } from "../store/records.ts";
import type { Store } from "../store/store.ts";
import { deedOf, ownDeed } from "./deed.ts";
import type { Person, Tried, Whence } from "./people.ts";
import { type Throttle, triesFrom } from "./throttle.ts";

/** What a hand-off must be for. */
export interface HandOffTo {
  readonly api: string;
  /** What its `aud` must be. */
  readonly issuer: string;
  /** What its `request` must be: the sign-in that is under way. */
  readonly uid: string;
}

/** Takes the word of a vendor's own sign-in page. */
export interface HandOffs {
  /** Whom a hand-off names; each counts once. */
  check(token: string, to: HandOffTo, whence: Whence): Promise<Tried<{ person: Person }>>;
}

/** Hand-offs live for a minute at most, and clocks have to agree. */
const TIMES = { skewSeconds: 0, maxLifetimeSeconds: 60 };
const NAME = /^[!-~]{1,255}$/;

/**
 * Hand-offs are ES256 JWTs by a live signing key of the API. A key speaks only for people all of
 * whose accounts are its account or children of it: else a customer's key could make its owner any
 * other customer's user.
 */
export function createHandOffs(parts: {
  readonly store: Store;
  readonly clock: Clock;
  readonly throttle: Throttle;
}): HandOffs {
  const { store, clock, throttle } = parts;

  async function keyOf(api: string, { header }: Jwt): Promise<CredentialRecord | undefined> {
    if (header.alg !== "ES256" || header.kid === undefined) return undefined;
    const key = await store.keyring.find(api, { scheme: "customer-jwt", id: header.kid });
    if (key === undefined || key.revokedAt !== null || key.publicKey?.algorithm !== "ES256") {
      return undefined;
    }
    if (key.expiresAt !== null && key.expiresAt <= clock()) return undefined;
    const account = await store.accounts.find(api, key.accountId);
    return account?.suspendedAt === null ? key : undefined;
  }

  async function speaksFor(api: string, key: CredentialRecord, userId: string): Promise<boolean> {
    const [user, ids, person] = await Promise.all([
      store.users.find(api, userId),
      store.childAccounts.idsOfUser(api, key.accountId, userId),
      store.people.find(api, userId),
    ]);
    const accounts = user?.memberships ?? [];
    if (person === undefined || accounts.length === 0) return false;
    return accounts.every(({ accountId }) => ids.includes(accountId));
  }

  async function personOf(
    token: string,
    { api, issuer, uid }: HandOffTo,
    whence: Whence,
  ): Promise<{ person: Person } | undefined> {
    const jwt = readJwt(token);
    if (typeof jwt === "string") return undefined;
    const { sub, aud, request, jti, exp } = jwt.claims;
    if (!isName(sub) || !isName(jti) || aud !== issuer || request !== uid) return undefined;
    if (timeFault(jwt.claims, { now: clock(), ...TIMES }) !== undefined) return undefined;
    const key = await keyOf(api, jwt);
    if (key === undefined) return undefined;
    const spki = Buffer.from(key.publicKey?.spki ?? "", "base64");
    const verdict = verifierOf(spki).verify(jwt.signingInput, jwt.signature, clock());
    const isProven = verdict !== "failed" && verdict.outcome === "proven";
    if (!isProven || !(await speaksFor(api, key, sub))) return undefined;
    const person: Person = { kind: "user", api, id: sub };
    const digest = createHash("sha256").update(`hand-off ${key.id} ${jti}`).digest();
    const claim = { digest, expiresAt: Number(exp) * 1000 };
    const { output } = await store.write("claimOnce", claim, deedOf(person, whence, clock()));
    return output.first ? { person } : undefined;
  }

  return {
    check: (token, to, whence) =>
      throttle.attempt(triesFrom(whence.address), async () => {
        const right = await personOf(token, to, whence);
        if (right !== undefined) return right;
        const failed = { personId: null, outcome: "failed", methods: ["hand-off"] } as const;
        await store.write("noteSignIn", failed, ownDeed(to.api, whence, clock()));
        return undefined;
      }),
  };
}

function isName(value: unknown): value is string {
  return typeof value === "string" && NAME.test(value);
}
