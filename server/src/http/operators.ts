import { hash } from "node:crypto";
import { bearerToken, header, headerCount, invalidField } from "@latchkey/engine";
import type { ChangeRecord, OperatorRole, OperatorTokenRecord } from "../store/records.ts";
import { DEPLOYMENT, type Store } from "../store/store.ts";

/** Who makes a management call. */
export interface Operator {
  /** The token's id; `bootstrap` for the environment's token. */
  readonly id: string;
  readonly role: OperatorRole;
  /** The only APIs it may see; `null`: every one. */
  readonly apis: ReadonlySet<string> | null;
}

/** The live operator tokens, in memory: a call costs no read, and a revoked one stops at once. */
export interface Operators {
  /** `undefined` for a token that was never made, or was revoked. */
  byToken(token: string): Operator | undefined;
  /**
   * The operator of an `Authorization: Bearer` line; `undefined` when there is none to be found.
   * @throws {ApiError} `INVALID_REQUEST` for more than one line.
   */
  byHeaders(rawHeaders: readonly string[]): Operator | undefined;
  /** Whether its token still stands as it did when it was looked up. */
  isLive(operator: Operator): boolean;
}

/** Longer ones are not looked at: 8 KiB is the limit of one credential. */
const MAX_TOKEN = 8 * 1024;

/** Loads the live tokens and keeps them so by the store's own change feed. */
export async function openOperators(parts: {
  readonly store: Pick<Store, "onChange" | "operatorTokens">;
  /** The environment's token, an owner. */
  readonly bootstrapToken: string | undefined;
}): Promise<Operators> {
  const { store, bootstrapToken } = parts;
  // Looked up by SHA-256: how long that takes tells of the digest, which leads to no token.
  const byDigest = new Map<string, Operator>();
  const digests = new Map<string, string>();
  // Tokens that ended while the first load was under way must not come back with it.
  const ended = new Set<string>();

  const add = (token: TokenState, digest: string): void => {
    const apis = token.apis === null ? null : new Set(token.apis);
    byDigest.set(digest, { id: token.id, role: token.role, apis });
    digests.set(token.id, digest);
  };

  const apply = (change: ChangeRecord): void => {
    if (change.kind !== "operator_token") return;
    const token = change.state as TokenState & { readonly digest: string };
    if (token.revokedAt === null) {
      add(token, Buffer.from(token.digest, "hex").toString("latin1"));
      return;
    }
    ended.add(token.id);
    const digest = digests.get(token.id);
    if (digest !== undefined) byDigest.delete(digest);
    digests.delete(token.id);
  };

  store.onChange((api, changes) => {
    if (api === DEPLOYMENT) changes.forEach(apply);
  });
  for (const token of await store.operatorTokens.live()) {
    if (!ended.has(token.id)) add(token, Buffer.from(token.digest).toString("latin1"));
  }
  if (bootstrapToken !== undefined) {
    const owner = { id: "bootstrap", role: "owner", apis: null, revokedAt: null } as const;
    add(owner, hash("sha256", bootstrapToken, "latin1"));
  }

  const byToken = (token: string): Operator | undefined => {
    if (token.length > MAX_TOKEN) return undefined;
    return byDigest.get(hash("sha256", token, "latin1"));
  };

  return {
    byToken,
    byHeaders(rawHeaders) {
      const line = header(rawHeaders, "authorization");
      if (line === undefined) return undefined;
      if (headerCount(rawHeaders, "authorization") > 1) {
        throw invalidField("authorization", "Send one Authorization header, not several.");
      }
      const token = bearerToken(line);
      return token === undefined ? undefined : byToken(token);
    },

    isLive: (operator) => byDigest.get(digests.get(operator.id) ?? "") === operator,
  };
}

type TokenState = Pick<OperatorTokenRecord, "id" | "role" | "apis" | "revokedAt">;
