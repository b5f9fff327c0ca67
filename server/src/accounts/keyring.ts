import { ApiError, type Clock, type CompiledPolicy } from "@latchkey/engine";
import type { Ceiling } from "../store/ceiling.ts";
import { CREDENTIAL_KINDS, type KeyringScheme } from "../store/credential-kinds.ts";
import type { KeyFinding, KeyStatus } from "../store/key-conditions.ts";
import type { FoundKeys } from "../store/keyring.ts";
import type { CredentialRecord, Page, PageRequest } from "../store/records.ts";
import type { Sealing } from "../store/sealing.ts";
import type { Store } from "../store/store.ts";
import type { Call } from "./call.ts";
import type { Receipt, ReceiptOf } from "./receipt.ts";

/** What the use cases of every kind of key are made of. */
export interface KeyringParts {
  readonly store: Store;
  readonly clock: Clock;
  /** By slug. */
  readonly policies: ReadonlyMap<string, CompiledPolicy>;
  readonly sealing: Sealing;
  readonly receiptOf: ReceiptOf;
}

/** Which key: with `accountId`, keys of any other account do not exist. */
export interface KeyName {
  readonly id: string;
  readonly accountId?: string;
  /** Of a reader; a writer's is in the call. */
  readonly ceiling?: Ceiling;
}

/** How a rotation goes. */
export interface Rotation {
  /** How long the old key or secret goes on working, in seconds; 0 ends it at once. */
  readonly overlapSeconds: number;
  /** Rotates although an overlap is under way. */
  readonly force: boolean;
  /** When the old one is refused for 120 seconds before that: Unix milliseconds. */
  readonly brownOuts?: readonly number[];
}

/** Which keys a list is of. */
export interface KeyFilter {
  readonly accountId?: string | undefined;
  readonly ceiling?: Ceiling;
  /** Part of the name, or all of the id or of the last characters. */
  readonly search?: string | undefined;
  readonly status?: KeyStatus | undefined;
  readonly finding?: KeyFinding | undefined;
  /** Those that were not revoked. */
  readonly live?: boolean | undefined;
}

/**
 * What can be done with the keys of every kind. Each rejects with `NOT_FOUND` for a key that is not
 * there.
 */
export interface Keyring {
  find(api: string, name: KeyName): Promise<CredentialRecord>;
  list(api: string, filter: KeyFilter, page: PageRequest): Promise<Page<CredentialRecord>>;
  /** Counts the live keys, and those of them that good practice asks to look at. */
  findings(api: string, filter: Pick<KeyFilter, "accountId" | "ceiling">): Promise<FoundKeys>;
  /**
   * Refused by this node before this resolves, which waits so many milliseconds for every verifier
   * to confirm. Repeating it answers the same `revokedAt`.
   */
  revoke(call: Call, name: KeyName, waitMillis?: number): Promise<Receipt>;
  /** Replaces the brown-outs of a rotation whose overlap runs; else `CONFLICT`. */
  planBrownOuts(call: Call, name: KeyName, brownOuts: readonly number[]): Promise<CredentialRecord>;
}

/** Most live ones of one kind that an account may have: of what it makes itself or needs once. */
export const MOST_LIVE = 1000;

/** The keys of one kind. */
export function createKeyring(parts: KeyringParts, scheme: KeyringScheme): Keyring {
  const { store, clock, receiptOf } = parts;

  return {
    async find(api, name) {
      const key = await store.keyring.find(api, { scheme, ...name });
      if (key !== undefined) return key;
      throw new ApiError("NOT_FOUND", `There is no such ${CREDENTIAL_KINDS[scheme].noun}.`);
    },

    list: (api, { status, finding, ...filter }, page) => {
      const standing = { status, finding, at: clock() };
      return store.keyring.list(api, { scheme, ...filter, standing }, page);
    },

    findings: (api, filter) => store.keyring.findings(api, { scheme, ...filter, at: clock() }),

    async revoke(call, name, waitMillis) {
      const context = { ...call, at: clock() };
      const { output, seq } = await store.write("revokeCredential", { scheme, ...name }, context);
      return receiptOf({ api: call.api, revokedAt: output.revokedAt, seq }, waitMillis);
    },

    async planBrownOuts(call, name, brownOuts) {
      const input = { scheme, ...name, brownOuts };
      return (await store.write("planBrownOuts", input, { ...call, at: clock() })).output;
    },
  };
}

/** @throws {ApiError} `NOT_FOUND`. */
export function requirePolicy(
  { policies }: Pick<KeyringParts, "policies">,
  api: string,
): CompiledPolicy {
  const policy = policies.get(api);
  if (policy === undefined) throw new ApiError("NOT_FOUND", "There is no such API.");
  return policy;
}

/** A credential that its own key, not its rules, sets apart: what API keys may have is left out. */
export const WITHOUT_RULES = {
  userId: null,
  prefix: "",
  lastFour: "",
  mode: "live",
  allowedIps: [],
  limits: null,
  signing: "off",
} as const;
