import { createHash, createHmac, hkdfSync, randomBytes, timingSafeEqual } from "node:crypto";
import type { Clock } from "@latchkey/engine";

/** What an authenticator signs: random, of ours, for one purpose, and for five minutes. */
export interface Challenges {
  make(purpose: string): Uint8Array<ArrayBuffer>;
  /** What uses a challenge up; `undefined`: not ours, for something else, or too old. */
  read(
    challenge: string,
    purpose: string,
  ): { readonly digest: Uint8Array; readonly expiresAt: number } | undefined;
}

const MILLIS = 5 * 60 * 1000;
/** expiry ‖ nonce ‖ tag */
const EXPIRY_BYTES = 6;
const NONCE_BYTES = 16;
const TAG_BYTES = 32;
const TAG_AT = EXPIRY_BYTES + NONCE_BYTES;

/**
 * Challenges that carry their own proof, so that whoever asks for a million of them leaves nothing
 * behind; the one that is answered is claimed once by its digest.
 */
export function createChallenges(parts: {
  /** Newest first. */
  readonly masterKeys: readonly Uint8Array[];
  readonly clock: Clock;
}): Challenges {
  const keys = parts.masterKeys.map((master) =>
    Buffer.from(hkdfSync("sha256", master, "", "latchkey passkey challenge", 32)),
  );
  const [newest] = keys;
  if (newest === undefined) throw new Error("challenges need a master key");
  const tagBy = (key: Uint8Array, head: Uint8Array, purpose: string) =>
    createHmac("sha256", key).update(head).update(purpose).digest();

  return {
    make(purpose) {
      const head = Buffer.alloc(TAG_AT);
      head.writeUIntBE(parts.clock() + MILLIS, 0, EXPIRY_BYTES);
      randomBytes(NONCE_BYTES).copy(head, EXPIRY_BYTES);
      return new Uint8Array(Buffer.concat([head, tagBy(newest, head, purpose)]));
    },
    read(challenge, purpose) {
      const bytes = Buffer.from(challenge, "base64url");
      if (bytes.length !== TAG_AT + TAG_BYTES) return undefined;
      const head = bytes.subarray(0, TAG_AT);
      const tag = bytes.subarray(TAG_AT);
      // While the master key is being rotated, another node may have made it under the other one.
      if (!keys.some((key) => timingSafeEqual(tag, tagBy(key, head, purpose)))) return undefined;
      const expiresAt = head.readUIntBE(0, EXPIRY_BYTES);
      if (expiresAt <= parts.clock()) return undefined;
      return { digest: createHash("sha256").update(bytes).digest(), expiresAt };
    },
  };
}
