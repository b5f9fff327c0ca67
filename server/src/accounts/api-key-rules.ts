import {
  type CompiledPolicy,
  hideSecrets,
  invalidField,
  type LimitSpec,
  readLimitSpecs,
  readNetwork,
  type Signing,
  suggestion,
} from "@latchkey/engine";

/** What a key may do and from where; what the API's policy has a say in. */
export interface ApiKeyRules {
  /** Absent: none. */
  readonly scopes?: readonly string[];
  /** Unix milliseconds; `null`: never. */
  readonly expiresAt?: number | null;
  /** CIDR blocks; absent or empty: from anywhere. */
  readonly allowedIps?: readonly string[];
  /** Replace all windows of the policy; `null`: the policy's. */
  readonly limits?: readonly LimitSpec[] | null;
  readonly signing?: Signing;
}

const DAY = 86_400_000;

/**
 * Checks rules that are about to be written at instant `at`, and answers them as this API keeps
 * them: where its keys live to the end of a day, the expiry is the last millisecond of it (UTC).
 * @throws {ApiError} `INVALID_REQUEST` whose `details.field` is the first wrong member.
 */
export function checkedRules<Rules extends ApiKeyRules>(
  rules: Rules,
  compiled: CompiledPolicy,
  at: number,
): Rules {
  const { policy } = compiled;
  checkScopes(rules.scopes ?? [], compiled);
  checkNetworks(rules.allowedIps ?? []);
  checkLimits(rules.limits ?? null);
  if (rules.signing !== undefined && rules.signing !== "off") checkSigning(policy.schemes);
  if (rules.expiresAt === undefined || rules.expiresAt === null) return rules;
  const expiresAt = policy.keyExpiry === "day" ? lastOfItsDay(rules.expiresAt) : rules.expiresAt;
  checkExpiry(expiresAt, at);
  return { ...rules, expiresAt };
}

/** @throws {ApiError} `INVALID_REQUEST` for an instant that is not after `at`. */
export function checkExpiry(expiresAt: number, at: number): void {
  if (expiresAt <= at) throw invalidField("expiresAt", "expiresAt must be in the future.");
}

/** The last millisecond, not the first of the next day: so what was read can be written back. */
function lastOfItsDay(instant: number): number {
  return Math.floor(instant / DAY) * DAY + DAY - 1;
}

function checkSigning(schemes: readonly string[]): void {
  if (schemes.includes("signed-request")) return;
  throw invalidField("signing", 'This API has no signed requests: signing must be "off".');
}

/**
 * The message says which element is wrong, never what it is: a key may have been pasted there.
 * @throws {ApiError} `INVALID_REQUEST` for a name that is no scope of the API.
 */
export function checkScopes(scopes: readonly string[], policy: CompiledPolicy): void {
  for (const [i, scope] of scopes.entries()) {
    if (policy.scopes.has(scope)) continue;
    const fault = `scopes[${i}] is not a scope of this API`;
    throw invalidField(`scopes[${i}]`, fault + (suggestion(scope, policy.scopes.names) || "."));
  }
}

function checkNetworks(blocks: readonly string[]): void {
  for (const [i, block] of blocks.entries()) {
    const reading = readNetwork(block);
    if (!("fault" in reading)) continue;
    throw invalidField(`allowedIps[${i}]`, `allowedIps[${i}] ${reading.fault}`);
  }
}

function checkLimits(limits: readonly LimitSpec[] | null): void {
  if (limits === null) return;
  const [problem] = readLimitSpecs(limits, "limits").problems;
  if (problem !== undefined)
    throw invalidField(problem.path, hideSecrets(`${problem.path}: ${problem.text}`));
}
