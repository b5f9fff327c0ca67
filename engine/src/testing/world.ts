import { createHash, createHmac, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import type { AccountState } from "../domain/account.ts";
import type { AccessTokenState, CredentialState } from "../domain/credential.ts";
import type { Decision } from "../domain/decision.ts";
import type { CredentialMaterial, SecretLife } from "../domain/proof.ts";
import type { ApiRequest } from "../domain/request.ts";
import type { UserState } from "../domain/user.ts";
import { createEngine, type Engine, type EngineParts } from "../engine.ts";
import { SOLE_WRITER } from "../freshness/lease.ts";
import type { Source } from "../freshness/source.ts";
import { createMemoryLimiter } from "../limits/limiter.ts";
import type { ApiDefinition } from "../policy/define.ts";
import { policyOf } from "../policy/validate.ts";
import { sharedSecretProof } from "../tokens/hmac-key.ts";
import { newKey } from "../tokens/key-format.ts";
import { aCredential } from "./known-key.ts";

/** The instant at which worlds begin, in Unix milliseconds. */
export const NOW = 1_800_000_000_000;

/** What a request of a world may say; the rest is a plain GET from 192.0.2.1. */
type Asked = Partial<Omit<ApiRequest, "headers">> & {
  readonly headers?: Readonly<Record<string, string>>;
};

interface Stored {
  state: CredentialState;
  readonly material: CredentialMaterial | undefined;
}

const FOR_GOOD: SecretLife = { endsAt: null };

/** An engine with everything it could ask about: accounts, users and credentials of one API. */
export class World {
  readonly engine: Engine;
  /** What the source was asked. */
  readonly asked: string[] = [];
  /** Unix milliseconds; tests set it forward. */
  now = NOW;
  /** Keep secrets that sign from the engine, and answer about their signatures. */
  withholds = false;
  #seq = 1;
  #made = 0;
  readonly #accounts = new Map<string, AccountState>();
  readonly #users = new Map<string, UserState>();
  readonly #credentials = new Map<string, Stored>();
  readonly #claimed = new Set<string>();

  constructor(definition: ApiDefinition, parts: Partial<EngineParts> = {}) {
    this.engine = createEngine({
      policy: policyOf(definition),
      source: this.#source(),
      lease: SOLE_WRITER,
      limiter: createMemoryLimiter(),
      oneTime: {
        claim: async (key) => !this.#claimed.has(key) && this.#claimed.add(key).size > 0,
        isClaimed: async (key) => this.#claimed.has(key),
      },
      clock: () => this.now,
      requireTls: false,
      capacity: 1024,
      ...parts,
    });
  }

  /** What is decided about a request, as the reason of its refusal or `allowed`. */
  async verdict(asked: Asked): Promise<string> {
    const decision = await this.decide(asked);
    return decision.outcome === "deny" ? decision.reason : "allowed";
  }

  async decide(asked: Asked, options?: { readonly explain: boolean }): Promise<Decision> {
    return this.engine.decide(aRequest(asked), options);
  }

  account(account: Partial<AccountState> = {}): AccountState {
    const state: AccountState = {
      id: this.#id("acct"),
      kind: "account",
      parentId: null,
      status: "active",
      plan: null,
      ...account,
    };
    this.#accounts.set(state.id, state);
    this.engine.applyAccount(this.#next(), state);
    return state;
  }

  user(accountIds: readonly string[], id = this.#id("user")): UserState {
    const memberships = accountIds.map((accountId) => ({ accountId, role: "member" }));
    const state = { id, number: this.#made, memberships };
    this.#users.set(id, state);
    this.engine.applyUser(this.#next(), state);
    return state;
  }

  /** A key, with its signing secret when it has one. */
  key(state: Partial<CredentialState> & { readonly accountId: string }) {
    const { key, digest } = newKey(this.engine.policy.policy.keyFormat, state.mode ?? "live");
    const secret = `signing secret of ${key}`;
    const material =
      state.signing === undefined || state.signing === "off" ? undefined : sharedSecrets(secret);
    return { key, secret, ...this.#add({ scheme: "api-key", ...state }, digest, material) };
  }

  /** A customer's key, by default ES256, and its private half. */
  signingKey(accountId: string, type: "ES256" | "EdDSA" | "RS256" = "ES256") {
    const { publicKey, privateKey } = keyPair(type);
    const spki = publicKey.export({ type: "spki", format: "der" });
    const id = this.#id("kid");
    const state = { id, accountId, scheme: "customer-jwt", handle: id };
    const stored = this.#add(state, sha256(id), { kind: "public-key", spki });
    return { ...stored, kid: id, privateKey, publicKey };
  }

  jwtSecret(
    accountId: string,
    issuer: string,
    scopes: readonly string[] = [],
    life: SecretLife = FOR_GOOD,
  ) {
    const secret = `a secret of 32 bytes or more for ${issuer}`;
    const state = { accountId, scopes, scheme: "shared-secret-jwt", handle: issuer };
    return { secret, ...this.#add(state, sha256(issuer), sharedSecrets(secret, life)) };
  }

  organizationKey(accountId: string) {
    const appKey = this.#id("app_key");
    const secret = `the app secret of ${appKey}`;
    const state = { accountId, scheme: "organization-key", handle: appKey };
    return { appKey, secret, ...this.#add(state, sha256(appKey), sharedSecrets(secret)) };
  }

  client(accountId: string, scopes: readonly string[] = [], life: SecretLife = FOR_GOOD) {
    const id = this.#id("app");
    const secret = `the client secret of ${id}`;
    const digests = [{ digest: sha256(secret), ...life }];
    const state = { id, accountId, scopes, scheme: "client-secret-headers", handle: id };
    const material = { kind: "secret-digests", digests } as const;
    return { secret, ...this.#add({ ...state, applicationId: id }, sha256(id), material) };
  }

  /** A token of `app_1`; a managed user's unless `token` says otherwise. `secret`: all of it. */
  accessToken(
    state: Partial<CredentialState> & { readonly accountId: string },
    token: Partial<AccessTokenState> = {},
    secret = `${this.engine.policy.policy.oauth?.accessTokenPrefix ?? ""}access token ${this.#made}`,
  ) {
    const rules = { kind: "managed-user", grantId: null, boundKey: null, origins: null } as const;
    const added = { applicationId: "app_1", ...state, token: { ...rules, ...token } };
    return {
      token: secret,
      ...this.#add({ scheme: "access-token", ...added }, sha256(secret), undefined),
    };
  }

  /** Changes a credential as the change feed would tell. */
  change(id: string, changes: Partial<CredentialState>): void {
    for (const stored of this.#credentials.values()) {
      if (stored.state.id !== id) continue;
      stored.state = { ...stored.state, ...changes };
      this.engine.applyCredential(this.#next(), stored.state);
    }
  }

  #add(
    state: Partial<CredentialState> & { readonly accountId: string; readonly scheme: string },
    digest: Uint8Array,
    material: CredentialMaterial | undefined,
  ): { readonly id: string } {
    const id = state.id ?? this.#id("key");
    const stored = { state: aCredential({ ...state, id }), material };
    this.#credentials.set(hex(digest), stored);
    this.engine.applyCredential(this.#next(), stored.state);
    return { id };
  }

  #source(): Source {
    const note = (what: string) => {
      this.asked.push(what);
      return this.#seq;
    };
    return {
      credential: async (scheme, digest) => {
        const asOf = note(scheme);
        const found = this.#credentials.get(hex(digest));
        const stored = found?.state.scheme === scheme ? found : undefined;
        const account = stored && this.#accounts.get(stored.state.accountId);
        const kept = this.withholds && stored?.material?.kind === "shared-secrets";
        const material: CredentialMaterial | undefined = kept
          ? { kind: "withheld" }
          : stored?.material;
        return { asOf, credential: stored?.state, account, material };
      },
      signature: async (scheme, digest, { text, signature }) => {
        const asOf = note(`signature ${scheme}`);
        const found = this.#credentials.get(hex(digest));
        if (found?.material?.kind !== "shared-secrets") return { asOf, signature: undefined };
        const proof = sharedSecretProof(found.material.secrets);
        const { id, generation } = found.state;
        const verdict = proof.verify(text, signature, this.now);
        const changesAt = proof.changesAt(this.now);
        return { asOf, signature: { credentialId: id, generation, verdict, changesAt } };
      },
      account: async (id) => ({ asOf: note(id), account: this.#accounts.get(id) }),
      user: async (id) => ({ asOf: note(id), user: this.#users.get(id) }),
    };
  }

  #next(): number {
    this.#seq += 1;
    return this.#seq;
  }

  #id(prefix: string): string {
    this.#made += 1;
    return `${prefix}_${this.#made.toString(16).padStart(12, "0")}`;
  }
}

/** A GET from 192.0.2.1 over TLS, unless said otherwise. */
function aRequest({ headers = {}, ...request }: Asked): ApiRequest {
  return {
    method: "GET",
    target: "/",
    headers: Object.entries(headers).flat(),
    address: "192.0.2.1",
    secure: true,
    ...request,
  };
}

/** A JWT as any library makes it: HS256 under a text, or by a private key's own algorithm. */
export function aToken(
  claims: object,
  key: string | KeyObject,
  header: Readonly<Record<string, unknown>> = {},
): string {
  const alg = typeof key === "string" ? "HS256" : algorithmOf(key);
  const input = [{ alg, typ: "JWT", ...header }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
    .join(".");
  const signature =
    typeof key === "string"
      ? createHmac("sha256", key).update(input).digest()
      : sign(alg === "EdDSA" ? null : "sha256", Buffer.from(input), {
          key,
          dsaEncoding: "ieee-p1363",
        });
  return `${input}.${signature.toString("base64url")}`;
}

function algorithmOf(key: KeyObject): string {
  if (key.asymmetricKeyType === "ed25519") return "EdDSA";
  return key.asymmetricKeyType === "rsa" ? "RS256" : "ES256";
}

function keyPair(type: "ES256" | "EdDSA" | "RS256") {
  if (type === "EdDSA") return generateKeyPairSync("ed25519");
  return type === "RS256"
    ? generateKeyPairSync("rsa", { modulusLength: 2048 })
    : generateKeyPairSync("ec", { namedCurve: "P-256" });
}

function sharedSecrets(secret: string, life: SecretLife = FOR_GOOD): CredentialMaterial {
  return { kind: "shared-secrets", secrets: [{ secret: Buffer.from(secret), ...life }] };
}

function sha256(text: string): Uint8Array {
  return createHash("sha256").update(text).digest();
}

function hex(digest: Uint8Array): string {
  return Buffer.from(digest).toString("hex");
}
