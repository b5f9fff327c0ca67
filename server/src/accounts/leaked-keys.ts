import { hideSecrets, secretDigest } from "@latchkey/engine";
import type { LeakedKey } from "../store/leaked-keys.ts";
import type { Call } from "./call.ts";
import { type KeyringParts, requirePolicy } from "./keyring.ts";

/** Somebody else has a key. */
export interface LeakReport {
  /** The whole text. */
  readonly key: string;
  /** Who found it, or where. */
  readonly source?: string | null;
}

/**
 * Ends the key, or tells its account, as the policy says. The text is looked up by its digest and is
 * kept nowhere. @throws {ApiError} `NOT_FOUND` for an API that is not there.
 */
export async function reportLeaked(
  parts: Pick<KeyringParts, "store" | "clock" | "policies">,
  call: Call,
  { key, source = null }: LeakReport,
): Promise<LeakedKey> {
  const { leakedKeys } = requirePolicy(parts, call.api).policy;
  const text = key.trim();
  const input = {
    digest: secretDigest(text),
    // Who reports a key may well say it twice.
    source: source && hideSecrets(source.replaceAll(text, "[hidden]")),
    revoke: leakedKeys === "revoke",
  };
  const context = { ...call, at: parts.clock() };
  return (await parts.store.write("reportLeakedKey", input, context)).output;
}
