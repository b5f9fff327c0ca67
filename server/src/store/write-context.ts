import type { Ceiling } from "./ceiling.ts";
import type { EventActor } from "./records.ts";

/** The pseudo-API whose changes concern the deployment: operator tokens. */
export const DEPLOYMENT = "*";

/** Who asks for a write, and what makes a repeat of it harmless. */
export interface WriteContext {
  /** The API's slug, or `DEPLOYMENT`. */
  readonly api: string;
  /** Unix milliseconds; every instant the command writes derives from it. */
  readonly at: number;
  readonly actor: EventActor;
  /** The account that an acting credential acts for, its own or another. */
  readonly actsFor?: string | null | undefined;
  /** The id of the browser session that asks: the write happens only while it lives. */
  readonly session?: string | undefined;
  /** Commands that know no ceiling refuse to run under one. */
  readonly ceiling?: Ceiling;
  readonly requestId: string | null;
  readonly address: string | null;
  readonly idempotency?: Idempotency | undefined;
}

/** The context of what Latchkey writes by itself: nobody has asked for it. */
export function systemContext(api: string, at: number): WriteContext {
  return { api, at, actor: { kind: "system", id: null }, requestId: null, address: null };
}

/**
 * Makes a repeated command answer what the first one answered, for 24 hours. All values are
 * digests and derived keys: nothing here, nor in the table, opens without the caller's header.
 */
export interface Idempotency {
  /** SHA-256 of the header's value and the caller's token. */
  readonly keyDigest: Uint8Array;
  /** SHA-256 of the call's method, path and body. */
  readonly bodyDigest: Uint8Array;
  /** AES-256-GCM keys: the first seals the answer, all may open it. */
  readonly sealingKeys: readonly Uint8Array[];
}
