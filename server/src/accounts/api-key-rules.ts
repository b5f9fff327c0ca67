import {
  ApiError,
  type CompiledPolicy,
  hideSecrets,
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

/**
 * Checks rules that are about to be written at instant `at`.
 * @throws {ApiError} `INVALID_REQUEST` whose `details.field` is the first wrong member.
 */
export function checkApiKeyRules(rules: ApiKeyRules, policy: CompiledPolicy, at: number): void {
  checkScopes(rules.scopes ?? [], policy);
  checkNetworks(rules.allowedIps ?? []);
  checkLimits(rules.limits ?? null);
  if (rules.expiresAt !== undefined && rules.expiresAt !== null && rules.expiresAt <= at) {
    throw invalid("expiresAt", "expiresAt must be in the future.");
  }
  if (rules.signing !== undefined && rules.signing !== "off") {
    throw invalid("signing", 'Signed requests are not available yet: signing must be "off".');
  }
}

function checkScopes(scopes: readonly string[], policy: CompiledPolicy): void {
  for (const [i, scope] of scopes.entries()) {
    if (policy.scopes.has(scope)) continue;
    const fault = `${quoted(scope)} is not a scope of this API`;
    throw invalid(`scopes[${i}]`, fault + (suggestion(scope, policy.scopes.names) || "."));
  }
}

function checkNetworks(blocks: readonly string[]): void {
  for (const [i, block] of blocks.entries()) {
    const reading = readNetwork(block);
    if (!("fault" in reading)) continue;
    throw invalid(`allowedIps[${i}]`, `${quoted(block)} ${reading.fault}`);
  }
}

function checkLimits(limits: readonly LimitSpec[] | null): void {
  if (limits === null) return;
  const [problem] = readLimitSpecs(limits, "limits").problems;
  if (problem !== undefined)
    throw invalid(problem.path, hideSecrets(`${problem.path}: ${problem.text}`));
}

/** A key pasted into the wrong member is not sent back. */
function quoted(text: string): string {
  return JSON.stringify(hideSecrets(text));
}

function invalid(field: string, message: string): ApiError {
  return new ApiError("INVALID_REQUEST", message, { details: { field } });
}
