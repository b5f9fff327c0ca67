import { hash } from "node:crypto";
import { type SecretDigest, secretDigestProof } from "@latchkey/engine";
import type { StoredDigest } from "../store/material.ts";

/** Before what a client's member `client_secret` has in place of a secret. */
const MARK = "sha256:";

/** The digests of an application's secrets, as the library is shown them in place of a secret. */
export function hashedSecrets(digests: readonly StoredDigest[]): string {
  return MARK + JSON.stringify(digests);
}

/** The same for a secret just made; what is hashed already stays as it is. */
export function hashedSecret(secret: string, at: number): string {
  if (secret.startsWith(MARK)) return secret;
  const digest = hash("sha256", secret, "base64");
  return hashedSecrets([{ id: "sec_1", digest, lastFour: "", createdAt: at, endsAt: null }]);
}

/** Whether a presented secret is one of those; takes the same time for each that lives. */
export function isClientSecret(
  hashed: string | undefined,
  presented: string,
  now: number,
): boolean {
  if (!hashed?.startsWith(MARK)) return false;
  const digests = JSON.parse(hashed.slice(MARK.length)) as readonly StoredDigest[];
  const live = digests.map(({ digest, endsAt, brownOuts }): SecretDigest => {
    return { digest: Buffer.from(digest, "base64"), endsAt, brownOuts };
  });
  return typeof secretDigestProof(live).matches(presented, now) === "object";
}
