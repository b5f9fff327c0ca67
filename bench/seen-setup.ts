import { createHmac, randomBytes, sign } from "node:crypto";
import {
  type Clock,
  type CredentialAnswer,
  type Engine,
  newKey,
  newSigningKeyPair,
  policyOf,
  profiles,
} from "@latchkey/engine";
import { answerAbout, aRequest, engineFrom, flat, sourceOf } from "./decide-setup.ts";
import { nowInSeconds, signedToken } from "./token-setup.ts";

/** How many tokens each run sends in turn. */
export const SEEN_TOKENS = 4000;
const SIGNING_KEYS = 100;
const LIFETIME_SECONDS = 3000;
const SCOPES = ["read:users", "write:projects"];
const WINDOWS = ["1000000000/hour", "100000000/second"];

/** What one request carries, in strings of its own: a signature's key is a header before it. */
export interface SentToken {
  readonly token: string;
  readonly before: string | undefined;
}

/** Requests with tokens of one kind, the engine that decides about them, and who verifies them. */
export interface TokenTraffic {
  readonly name: string;
  readonly engine: Engine;
  readonly algorithm: "ES256" | "HS256";
  /** PEM of the public key, or the secret. */
  readonly verifyingKey: string | Buffer;
  /** Token number `i`: another one each time `round` differs. */
  sent(i: number, round: number): SentToken;
  /** Whether the engine lets the request pass; a promise when it must ask its source. */
  passes(sent: SentToken): boolean | Promise<boolean>;
}

/** JWTs of one customer's ES256 key, each of another user. */
export function customerJwts(clock: Clock): TokenTraffic {
  const { privateKeyPem, publicKeyPem, spki } = newSigningKeyPair();
  const kid = "kid_0123456789ab";
  const credential = { id: kid, scheme: "customer-jwt", handle: kid, signing: "off" } as const;
  const answer = answerAbout(credential, { kind: "public-key", spki });
  const key = { key: privateKeyPem, dsaEncoding: "ieee-p1363" } as const;
  const header = JSON.stringify({ alg: "ES256", typ: "JWT", kid });
  return bearerTraffic(
    { name: "ES256 JWT", algorithm: "ES256", verifyingKey: publicKeyPem, answer, clock },
    (claims) => signedToken(header, claims, (data) => sign("sha256", data, key)),
  );
}

/** JWTs under one shared secret, each of another user. */
export function sharedSecretJwts(clock: Clock): TokenTraffic {
  const secret = randomBytes(32);
  const handle = "api.example.com";
  const credential = { id: "jws_0", scheme: "shared-secret-jwt", handle, signing: "off" } as const;
  const secrets = [{ secret, endsAt: null }];
  const answer = answerAbout(credential, { kind: "shared-secrets", secrets });
  const header = JSON.stringify({ alg: "HS256", typ: "JWT" });
  return bearerTraffic(
    { name: "HS256 JWT", algorithm: "HS256", verifyingKey: secret, answer, clock },
    (claims) => signedToken(header, claims, (data) => hmac(secret, data)),
  );
}

/** Requests of 100 API keys, each signed with HS256 under a secret that they share. */
export function signedRequests(clock: Clock): TokenTraffic {
  const policy = policyOf({
    ...profiles.standard,
    schemes: ["signed-request"],
    signatures: { maxLifetimeSeconds: LIFETIME_SECONDS, skewSeconds: 5 },
    limits: { apiKey: { per: "credential", windows: WINDOWS } },
  });
  const secret = randomBytes(32);
  const secrets = [{ secret, endsAt: null }];
  const keys = Array.from({ length: SIGNING_KEYS }, () => newKey(policy.keyFormat, "live"));
  const answers = new Map(
    keys.map(({ digest }, i) => {
      const of = { id: `key_${i}`, scheme: "api-key", handle: null, signing: "required" } as const;
      const answer = answerAbout(of, { kind: "shared-secrets", secrets });
      return [Buffer.from(digest).toString("hex"), answer];
    }),
  );
  const source = sourceOf(async (_scheme, digest) => {
    const answer = answers.get(Buffer.from(digest).toString("hex"));
    return answer ?? { asOf: 1, credential: undefined, account: undefined, material: undefined };
  });
  const engine = engineFrom(policy, source, clock);
  const header = JSON.stringify({ alg: "HS256", typ: "JWT" });
  const exp = nowInSeconds() + LIFETIME_SECONDS - 60;
  return {
    name: "signed request",
    engine,
    algorithm: "HS256",
    verifyingKey: secret,
    sent(i, round) {
      const { key = "" } = keys[i % SIGNING_KEYS] ?? {};
      const claims = JSON.stringify({ key, jti: `${round}-${i}`, exp });
      const token = signedToken(header, claims, (data) => hmac(secret, data));
      return { token: flat(token), before: flat(key) };
    },
    passes: passedBy(engine, ["X-Api-Key", "X-Signature"]),
  };
}

/** What is decided, with `prefix` before the token: strings are made outside the time. */
function bearerTraffic(
  {
    answer,
    clock,
    ...made
  }: Pick<TokenTraffic, "name" | "algorithm" | "verifyingKey"> & {
    readonly answer: CredentialAnswer;
    readonly clock: Clock;
  },
  signed: (claims: string) => string,
): TokenTraffic {
  const policy = policyOf({
    ...profiles.standard,
    schemes: ["api-key", "customer-jwt", "shared-secret-jwt", "anonymous"],
    limits: { jwt: { per: "token", windows: WINDOWS } },
  });
  const engine = engineFrom(
    policy,
    sourceOf(async () => answer),
    clock,
  );
  const exp = nowInSeconds() + LIFETIME_SECONDS;
  return {
    ...made,
    engine,
    sent(i, round) {
      const sub = `user_${i.toString(16).padStart(12, "0")}`;
      const claims = { sub, iss: "api.example.com", jti: String(round), exp, scopes: SCOPES };
      return { token: flat(`Bearer ${signed(JSON.stringify(claims))}`), before: undefined };
    },
    passes: passedBy(engine, ["Authorization"]),
  };
}

function passedBy(engine: Engine, headers: readonly string[]): TokenTraffic["passes"] {
  const request = aRequest(headers);
  return ({ token, before }) => {
    request.present(token, before);
    const decision = engine.decide(request);
    if (decision instanceof Promise) return decision.then(({ outcome }) => outcome === "allow");
    return decision.outcome === "allow";
  };
}

function hmac(secret: Buffer, data: Buffer): Buffer {
  return createHmac("sha256", secret).update(data).digest();
}
