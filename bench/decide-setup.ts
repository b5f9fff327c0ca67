import {
  type ApiRequest,
  type Clock,
  type CredentialAnswer,
  type CredentialMaterial,
  type CredentialState,
  createEngine,
  createMemoryLimiter,
  type Engine,
  type Policy,
  policyOf,
  profiles,
  SOLE_WRITER,
  type Source,
} from "@latchkey/engine";

const MOST_KEYS = 2_000_000;
const SCOPES = ["read:users", "write:projects"];
const ACCOUNT = {
  id: "acct_bench",
  kind: "account",
  parentId: null,
  status: "active",
  plan: null,
} as const;

/** The `standard` profile with two windows that no bench exhausts. */
export const BENCH_POLICY = policyOf({
  ...profiles.standard,
  limits: {
    apiKey: { per: "credential", windows: ["1000000000/hour", "100000000/second"] },
    oauth: { per: "credential", windows: ["1000000000/hour", "100000000/second"] },
  },
});

/** The same characters in a string of its own, as a parser makes it: in one piece, not interned. */
export function flat(text: string): string {
  return Buffer.from(text, "latin1").toString("latin1");
}

/** An access token that an application got for itself. */
const OF_APPLICATION: Partial<CredentialState> = {
  applicationId: "app_bench",
  token: { kind: "application", grantId: null, boundKey: null, origins: null },
};

const FOREVER = 4_000_000_000_000;

/** A credential of the one account, and what it is known by. */
export interface BenchCredential {
  readonly id: string;
  readonly scheme: string;
  readonly handle: string | null;
  readonly signing: CredentialState["signing"];
}

/** What a source says of a credential that may read users and write projects. */
export function answerAbout(
  { id, scheme, handle, signing }: BenchCredential,
  material: CredentialMaterial | undefined,
  more: Partial<CredentialState> = {},
): CredentialAnswer {
  return {
    asOf: 1,
    account: ACCOUNT,
    material,
    credential: {
      id,
      scheme,
      accountId: ACCOUNT.id,
      userId: null,
      scopes: SCOPES,
      mode: "live",
      allowedIps: [],
      limits: null,
      signing,
      expiresAt: FOREVER,
      revokedAt: null,
      lineageId: id,
      successorId: null,
      rotatedAt: null,
      brownOuts: [],
      handle,
      generation: 1,
      applicationId: null,
      ...more,
    },
  };
}

/** An engine whose source knows what is just being presented, by its number, and nothing else. */
export function engineOf(presented: () => number, clock: Clock): Engine {
  const source = sourceOf(async (scheme) => {
    const id = flat(`key_${presented().toString(16).padStart(24, "0")}`);
    const credential = { id, scheme, handle: null, signing: "off" } as const;
    return answerAbout(credential, undefined, scheme === "access-token" ? OF_APPLICATION : {});
  });
  return engineFrom(BENCH_POLICY, source, clock);
}

/** An engine that alone counts, over TLS only. */
export function engineFrom(policy: Policy, source: Source, clock: Clock): Engine {
  return createEngine({
    policy,
    source,
    oneTime: { claim: async () => true, isClaimed: async () => false },
    lease: SOLE_WRITER,
    limiter: createMemoryLimiter({ maxKeys: MOST_KEYS }),
    clock,
    requireTls: true,
    capacity: MOST_KEYS,
  });
}

/** A source that is asked about credentials and about users of the one account. */
export function sourceOf(credential: Source["credential"]): Source {
  const memberships = [{ accountId: ACCOUNT.id, role: "member" }];
  return {
    credential,
    account: () => Promise.reject(new Error("no account of this bench has a parent")),
    user: async (id) => ({ asOf: 1, user: { id, number: 1, memberships } }),
  };
}

/** A request that is sent again with other credentials and another path. */
export interface RepeatedRequest extends ApiRequest {
  /** The value of the last header and, where there are two for credentials, of the one before. */
  present(last: string, before?: string): void;
}

/**
 * What an HTTP library sends, the credential last. Its strings are hot in the processor's caches, as
 * they are when a request was just parsed; the key's is not.
 */
export function aRequest(
  credentialHeaders: readonly string[] = ["Authorization"],
): RepeatedRequest {
  const targets = Array.from({ length: 64 }, (_, i) =>
    flat(`/v2/users/user_${100 + i}?expand=projects`),
  );
  const headers = [
    ...["Host", "api.example.com", "Connection", "keep-alive", "Accept", "application/json"],
    ...["User-Agent", "client/1.0", "Accept-Encoding", "gzip, br", "X-Request-ID", "4f1c0a9be27d"],
    ...credentialHeaders.flatMap((name) => [name, ""]),
  ].map(flat);
  let sent = 0;
  const request = {
    method: "GET",
    target: "",
    headers,
    address: "192.0.2.1",
    secure: true,
    present(last: string, before?: string) {
      headers[headers.length - 1] = last;
      if (before !== undefined) headers[headers.length - 3] = before;
      request.target = targets[sent & 63] as string;
      sent += 1;
    },
  };
  return request;
}
