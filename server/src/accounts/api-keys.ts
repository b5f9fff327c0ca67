import { type CompiledPolicy, type Mode, newKey, type Signing } from "@latchkey/engine";
import type { LeakedKey } from "../store/leaked-keys.ts";
import type { CredentialRecord } from "../store/records.ts";
import { type KeyCeiling, requireWithin, underCeiling } from "./api-key-ceiling.ts";
import { type ApiKeyRules, checkedRules } from "./api-key-rules.ts";
import type { Call } from "./call.ts";
import { idDigits, newId } from "./ids.ts";
import {
  createKeyring,
  type KeyName,
  type Keyring,
  type KeyringParts,
  MOST_LIVE,
  type Rotation,
  requirePolicy,
} from "./keyring.ts";
import { type LeakReport, reportLeaked } from "./leaked-keys.ts";
import { newSharedSecret, sealSecret, soleSecret } from "./shared-secret.ts";

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

/** How the rotation of an API key goes. */
export interface ApiKeyRotation extends Rotation {
  /** When the successor ends, in Unix milliseconds; `null`: never; absent: when the key would. */
  readonly expiresAt?: number | null;
  /** What the caller may do; `FORBIDDEN` for a key that can do more, for its successor can too. */
  readonly ceiling?: KeyCeiling;
}

/** A key just made; its secrets are the only copies there will ever be. */
export interface IssuedApiKey extends CredentialRecord {
  readonly key: string;
  /** Of a key whose requests may or must be signed. */
  readonly signingSecret?: string;
}

export type ApiKeyName = KeyName;

/**
 * The use cases of API keys. Each rejects with `NOT_FOUND` for a key that is not there, and with
 * `INVALID_REQUEST` whose details name the `field` for what the API's policy does not allow.
 */
export interface ApiKeys extends Keyring {
  /**
   * With a `ceiling`, the key can do no more than it allows: `FORBIDDEN` when more is asked for, and
   * `CONFLICT` when the account has 1,000 live ones already.
   */
  issue(call: Call, draft: ApiKeyDraft, ceiling?: KeyCeiling): Promise<IssuedApiKey>;
  update(call: Call, name: ApiKeyName, changes: ApiKeyChanges): Promise<CredentialRecord>;
  /** Issues a successor that inherits everything; `ROTATION_IN_PROGRESS` during an overlap. */
  rotate(call: Call, name: ApiKeyName, rotation: ApiKeyRotation): Promise<IssuedApiKey>;
  /** Revokes the successor, and the key goes on; `CONFLICT` unless its overlap runs. */
  cancelRotation(call: Call, name: ApiKeyName): Promise<CredentialRecord>;
  /** Ends a key that somebody else has, or tells its account, as the policy says. */
  reportLeaked(call: Call, report: LeakReport): Promise<LeakedKey>;
}

/** API keys of all APIs. */
export function createApiKeys(parts: KeyringParts): ApiKeys {
  const { store, clock } = parts;
  const keyring = createKeyring(parts, "api-key");

  return {
    ...keyring,

    reportLeaked: (call, report) => reportLeaked(parts, call, report),

    async issue(call, draft, ceiling) {
      const at = clock();
      const policy = requirePolicy(parts, call.api);
      const wanted = checkedRules(draft, policy, at);
      const allowed = ceiling === undefined ? wanted : underCeiling(wanted, ceiling, policy);
      const { mode = "live", signing = "off" } = allowed;
      const { secrets, ...made } = newApiKey(parts, { call, policy, mode, signing, at });
      const input = {
        ...made,
        scheme: "api-key",
        accountId: draft.accountId,
        userId: draft.userId ?? null,
        name: draft.name,
        scopes: [...new Set(allowed.scopes ?? [])],
        mode,
        allowedIps: allowed.allowedIps ?? [],
        limits: allowed.limits ?? null,
        signing,
        expiresAt: allowed.expiresAt ?? null,
        lineageId: made.id,
        // An operator's number of keys is the operator's affair, a customer's is not.
        ...((ceiling ?? call.ceiling) !== undefined && { maxLive: MOST_LIVE }),
      } as const;
      const { output, once } = await store.write(
        "issueCredential",
        input,
        { ...call, at },
        secrets,
      );
      return { ...output, ...once };
    },

    async update(call, name, changes) {
      const at = clock();
      const { scopes, ...rest } = checkedRules(changes, requirePolicy(parts, call.api), at);
      const input = { ...name, ...rest, ...(scopes && { scopes: [...new Set(scopes)] }) };
      return (await store.write("updateApiKey", input, { ...call, at })).output;
    },

    async rotate(call, name, { ceiling, ...rotation }) {
      const old = await keyring.find(call.api, { ...name, ceiling: call.ceiling });
      const policy = requirePolicy(parts, call.api);
      const at = clock();
      const plan = { brownOuts: [], ...checkedRules(rotation, policy, at) };
      const { expiresAt = old.expiresAt } = plan;
      if (ceiling !== undefined) requireWithin({ ...old, expiresAt }, ceiling, policy);
      const { mode, signing } = old;
      const { secrets, ...successor } = newApiKey(parts, { call, policy, mode, signing, at });
      const input = { scheme: "api-key", ...name, successor, ...plan } as const;
      const context = { ...call, at };
      const { output, once } = await store.write("rotateCredential", input, context, secrets);
      return { ...output.key, ...once };
    },

    async cancelRotation(call, name) {
      const input = { scheme: "api-key", ...name } as const;
      return (await store.write("cancelRotation", input, { ...call, at: clock() })).output;
    },
  };
}

/** What is shown once of a key. */
interface Secrets {
  readonly key: string;
  readonly signingSecret?: string;
}

interface NewApiKey {
  readonly call: Call;
  readonly policy: CompiledPolicy;
  readonly mode: Mode;
  readonly signing: Signing;
  readonly at: number;
}

function newApiKey({ sealing }: KeyringParts, { call, policy, mode, signing, at }: NewApiKey) {
  const id = newId("key", idDigits(policy));
  const { key, ...outline } = newKey(policy.policy.keyFormat, mode);
  const made = { id, ...outline, handle: null };
  if (signing === "off") {
    const secrets: Secrets = { key };
    return { ...made, material: null, secrets };
  }
  const signingSecret = newSharedSecret();
  const sealed = sealSecret(sealing, signingSecret, { api: call.api, credentialId: id });
  const secrets: Secrets = { key, signingSecret };
  return { ...made, material: soleSecret(sealed, at), secrets };
}
