import { ApiError, type Clock, type CompiledPolicy, type Mode, newKey } from "@latchkey/engine";
import type { ApiKeyRecord, Page, PageRequest } from "../store/records.ts";
import type { Store } from "../store/store.ts";
import { type Ceiling, requireWithin, underCeiling } from "./api-key-ceiling.ts";
import { type ApiKeyRules, checkApiKeyRules } from "./api-key-rules.ts";
import type { Call } from "./call.ts";
import { newId } from "./ids.ts";
import { type Receipt, receiptOf } from "./receipt.ts";

/** A new key, as asked for. */
export interface ApiKeyDraft extends ApiKeyRules {
  readonly name: string;
  readonly accountId: string;
  /** A user of the account: the key then acts for that user. */
  readonly userId?: string | null;
  /** `live` when absent; under a ceiling, the ceiling's. */
  readonly mode?: Mode;
}

/** What may change of a key. Its secret, mode, account and user may not. */
export interface ApiKeyChanges extends Omit<ApiKeyRules, "signing"> {
  readonly name?: string;
}

/** How a rotation goes. */
export interface Rotation {
  /** How long the old key goes on working, in seconds; 0 ends it at once. */
  readonly overlapSeconds: number;
  /** Rotates although an overlap is under way. */
  readonly force: boolean;
  /** What the caller may do; `FORBIDDEN` for a key that can do more, for its successor can too. */
  readonly ceiling?: Ceiling;
}

/** A key just made; `key` is the only copy there will ever be. */
export interface IssuedApiKey extends ApiKeyRecord {
  readonly key: string;
}

/** Which key: with `accountId`, keys of any other account do not exist. */
export interface ApiKeyName {
  readonly id: string;
  readonly accountId?: string;
}

/**
 * The use cases of API keys. Each rejects with `NOT_FOUND` for a key that is not there, and with
 * `INVALID_REQUEST` whose details name the `field` for what the API's policy does not allow.
 */
export interface ApiKeys {
  /** With a `ceiling`, the key can do no more than it allows; `FORBIDDEN` when more is asked for. */
  issue(call: Call, draft: ApiKeyDraft, ceiling?: Ceiling): Promise<IssuedApiKey>;
  find(api: string, name: ApiKeyName): Promise<ApiKeyRecord>;
  list(
    api: string,
    filter: { readonly accountId?: string | undefined },
    page: PageRequest,
  ): Promise<Page<ApiKeyRecord>>;
  update(call: Call, name: ApiKeyName, changes: ApiKeyChanges): Promise<ApiKeyRecord>;
  /** Issues a successor that inherits everything; `ROTATION_IN_PROGRESS` during an overlap. */
  rotate(call: Call, name: ApiKeyName, rotation: Rotation): Promise<IssuedApiKey>;
  /** Refused by this node before this resolves. Repeating it answers the same `revokedAt`. */
  revoke(call: Call, name: ApiKeyName): Promise<Receipt>;
}

/** Keys of all APIs, kept in `store`; `policies` by slug. */
export function createApiKeys(parts: {
  readonly store: Store;
  readonly clock: Clock;
  readonly policies: ReadonlyMap<string, CompiledPolicy>;
  /** How long another node may decide without having heard of a change; 0: there is none. */
  readonly nodeLeaseMillis: number;
}): ApiKeys {
  const { store, clock, policies, nodeLeaseMillis } = parts;

  const policyOf = (api: string): CompiledPolicy => {
    const policy = policies.get(api);
    if (policy === undefined) throw new ApiError("NOT_FOUND", "There is no such API.");
    return policy;
  };

  const find: ApiKeys["find"] = async (api, { id, accountId }) => {
    const key = await store.apiKeys.find(api, id, accountId);
    if (key === undefined) throw new ApiError("NOT_FOUND", "There is no such API key.");
    return key;
  };

  return {
    async issue(call, draft, ceiling) {
      const at = clock();
      const policy = policyOf(call.api);
      checkApiKeyRules(draft, policy, at);
      const allowed = ceiling === undefined ? draft : underCeiling(draft, ceiling, policy);
      const mode = allowed.mode ?? "live";
      const id = newId("key");
      const { key, prefix, lastFour, digest } = newKey(policy.policy.keyFormat, mode);
      const input = {
        id,
        accountId: draft.accountId,
        userId: draft.userId ?? null,
        name: draft.name,
        digest,
        prefix,
        lastFour,
        scopes: [...new Set(allowed.scopes ?? [])],
        mode,
        allowedIps: allowed.allowedIps ?? [],
        limits: allowed.limits ?? null,
        signing: "off",
        expiresAt: allowed.expiresAt ?? null,
        lineageId: id,
      } as const;
      const { output, once } = await store.write("issueApiKey", input, { ...call, at }, key);
      return { ...output, key: once };
    },

    find,

    list: (api, filter, page) => store.apiKeys.list(api, filter, page),

    async update(call, name, changes) {
      const at = clock();
      checkApiKeyRules(changes, policyOf(call.api), at);
      return (await store.write("updateApiKey", { ...name, ...changes }, { ...call, at })).output;
    },

    async rotate(call, name, { overlapSeconds, force, ceiling }) {
      const old = await find(call.api, name);
      const policy = policyOf(call.api);
      if (ceiling !== undefined) requireWithin(old, ceiling, policy);
      const { key, ...made } = newKey(policy.policy.keyFormat, old.mode);
      const successor = { id: newId("key"), ...made };
      const input = { ...name, successor, overlapSeconds, force };
      const context = { ...call, at: clock() };
      const { output, once } = await store.write("rotateApiKey", input, context, key);
      return { ...output.key, key: once };
    },

    async revoke(call, name) {
      const { output } = await store.write("revokeApiKey", name, { ...call, at: clock() });
      // The write resolves after this node's memory has applied the change, so it is confirmed now.
      return receiptOf(output.revokedAt, clock(), nodeLeaseMillis);
    },
  };
}
