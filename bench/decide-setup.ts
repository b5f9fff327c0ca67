import {
  type ApiRequest,
  type Clock,
  createEngine,
  createMemoryLimiter,
  type Engine,
  policyOf,
  profiles,
  SOLE_WRITER,
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
  limits: { apiKey: { per: "credential", windows: ["1000000000/hour", "100000000/second"] } },
});

/** The same characters in a string of its own, as a parser makes it: in one piece, not interned. */
export function flat(text: string): string {
  return Buffer.from(text, "latin1").toString("latin1");
}

/** An engine whose source knows the key that is just being presented, by its number, and no other. */
export function engineOf(presented: () => number, clock: Clock): Engine {
  return createEngine({
    policy: BENCH_POLICY,
    source: async () => {
      const id = flat(`key_${presented().toString(16).padStart(24, "0")}`);
      return {
        asOf: 1,
        account: ACCOUNT,
        credential: {
          id,
          scheme: "api-key",
          accountId: ACCOUNT.id,
          userId: null,
          scopes: SCOPES,
          mode: "live",
          allowedIps: [],
          limits: null,
          signing: "off",
          expiresAt: 4_000_000_000_000,
          revokedAt: null,
          lineageId: id,
          successorId: null,
        },
      };
    },
    lease: SOLE_WRITER,
    limiter: createMemoryLimiter({ maxKeys: MOST_KEYS }),
    clock,
    requireTls: true,
    capacity: MOST_KEYS,
  });
}

/** A request that is sent again with another key and another path. */
export interface RepeatedRequest extends ApiRequest {
  present(authorization: string): void;
}

/**
 * What an HTTP library sends, the credential last. Its strings are hot in the processor's caches, as
 * they are when a request was just parsed; the key's is not.
 */
export function aRequest(): RepeatedRequest {
  const targets = Array.from({ length: 64 }, (_, i) =>
    flat(`/v2/users/user_${100 + i}?expand=projects`),
  );
  const headers = [
    ...["Host", "api.example.com", "Connection", "keep-alive", "Accept", "application/json"],
    ...["User-Agent", "client/1.0", "Accept-Encoding", "gzip, br", "X-Request-ID", "4f1c0a9be27d"],
    ...["Authorization", ""],
  ].map(flat);
  let sent = 0;
  const request = {
    method: "GET",
    target: "",
    headers,
    address: "192.0.2.1",
    secure: true,
    present(authorization: string) {
      headers[headers.length - 1] = authorization;
      request.target = targets[sent & 63] as string;
      sent += 1;
    },
  };
  return request;
}
