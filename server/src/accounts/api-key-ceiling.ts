import {
  ApiError,
  type CompiledPolicy,
  type LimitSpec,
  type Mode,
  type Network,
  readNetwork,
  type Signing,
  satisfies,
} from "@latchkey/engine";
import type { ApiKeyRules } from "./api-key-rules.ts";

/** What a key made by a key may do at most: what its maker may. */
export interface KeyCeiling {
  readonly accountId: string;
  /** For whom it acts; a key that acts for somebody else is out of its reach. */
  readonly userId: string | null;
  /** Its own windows; `null`: the policy's. */
  readonly limits: readonly LimitSpec[] | null;
  readonly scopes: readonly string[];
  /** Unix milliseconds; `null`: never. */
  readonly expiresAt: number | null;
  /** Empty: from anywhere. */
  readonly allowedIps: readonly string[];
  readonly mode: Mode;
  /** Whether its requests must be signed; a key that it makes is signed no less. */
  readonly signing: Signing;
}

/** What is asked for a new key. */
interface Wanted extends ApiKeyRules {
  readonly accountId: string;
  readonly userId?: string | null;
  readonly mode?: Mode;
}

const STRICTNESS: Record<Signing, number> = { off: 0, optional: 1, required: 2 };

/** The parts of a new key that a ceiling settles. */
type Capped = Omit<KeyCeiling, "accountId" | "userId">;

/**
 * The draft under the ceiling: what it leaves open becomes what the ceiling has, scopes excepted,
 * which become none. Asking outright for more than the ceiling is refused, never trimmed in silence.
 * @throws {ApiError} `FORBIDDEN` whose `details.field` is what went too far.
 */
export function underCeiling(draft: Wanted, ceiling: KeyCeiling, policy: CompiledPolicy): Capped {
  const { scopes = [], allowedIps = [], mode = ceiling.mode, signing = ceiling.signing } = draft;
  const capped = {
    limits: ceiling.limits ?? draft.limits ?? null,
    scopes,
    expiresAt: draft.expiresAt ?? ceiling.expiresAt,
    allowedIps: allowedIps.length > 0 ? allowedIps : ceiling.allowedIps,
    mode,
    signing,
  };
  const { accountId, userId = null } = draft;
  requireWithin({ accountId, userId, ...capped }, ceiling, policy);
  return capped;
}

/**
 * Checks that a key can do no more than the ceiling allows; whoever learns its secret gains nothing.
 * @throws {ApiError} `FORBIDDEN` whose `details.field` is what goes too far.
 */
export function requireWithin(key: KeyCeiling, ceiling: KeyCeiling, policy: CompiledPolicy): void {
  if (key.accountId !== ceiling.accountId) throw beyond("accountId");
  if (key.userId !== ceiling.userId) throw beyond("userId");
  if (ceiling.limits !== null && JSON.stringify(key.limits) !== JSON.stringify(ceiling.limits)) {
    throw beyond("limits");
  }
  const held = policy.scopes.set(ceiling.scopes);
  for (const [i, scope] of key.scopes.entries()) {
    // A scope that the policy has dropped grants nothing to anyone.
    if (!policy.scopes.has(scope)) continue;
    if (!satisfies(held, policy.scopes.needed([scope]))) throw beyond(`scopes[${i}]`);
  }
  if (key.mode === "live" && ceiling.mode === "test") throw beyond("mode");
  if (STRICTNESS[key.signing] < STRICTNESS[ceiling.signing]) throw beyond("signing");
  if (
    ceiling.expiresAt !== null &&
    (key.expiresAt ?? Number.POSITIVE_INFINITY) > ceiling.expiresAt
  ) {
    throw beyond("expiresAt");
  }
  if (ceiling.allowedIps.length === 0) return;
  if (key.allowedIps.length === 0) throw beyond("allowedIps");
  for (const [i, block] of key.allowedIps.entries()) {
    if (!ceiling.allowedIps.some((allowed) => isWithin(block, allowed))) {
      throw beyond(`allowedIps[${i}]`);
    }
  }
}

/** Whether every address of one block lies in the other. Both were checked before. */
function isWithin(block: string, allowed: string): boolean {
  const inner = networkOf(block);
  const outer = networkOf(allowed);
  if (inner === undefined || outer === undefined || inner.version !== outer.version) return false;
  if (inner.prefixLength < outer.prefixLength) return false;
  return inner.words.every((word, i) => {
    const ones = Math.min(Math.max(outer.prefixLength - i * 32, 0), 32);
    const mask = ones === 0 ? 0 : (0xffffffff << (32 - ones)) >>> 0;
    return (word & mask) >>> 0 === outer.words[i];
  });
}

function networkOf(block: string): Network | undefined {
  const reading = readNetwork(block);
  return "fault" in reading ? undefined : reading.network;
}

/** The refusal of what goes beyond a ceiling in this member. */
export function beyond(field: string): ApiError {
  return new ApiError("FORBIDDEN", `${field} is more than your own credential allows.`, {
    details: { field },
  });
}
