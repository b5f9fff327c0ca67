import { createHmac, createPrivateKey, type KeyObject, sign } from "node:crypto";

/** A live secret of an endpoint, opened. */
export interface SigningSecret {
  /** The text as its owner has it. */
  readonly text: string;
  /** Signs `v1a`, where the endpoint has a key pair. */
  readonly privateKey: KeyObject | null;
}

const PREFIX = "whsec_";

/**
 * The header `webhook-signature` (Standard Webhooks 1.0): one signature per secret and kind, from
 * old to new, so that during a rotation a receiver with either secret finds its own.
 */
export function standardSignatures(
  message: { readonly id: string; readonly timestamp: number; readonly body: Uint8Array },
  secrets: readonly SigningSecret[],
): string {
  const head = Buffer.from(`${message.id}.${message.timestamp}.`);
  const signed = Buffer.concat([head, message.body]);
  return secrets
    .flatMap(({ text, privateKey }) => {
      const symmetric = `v1,${createHmac("sha256", keyOf(text)).update(signed).digest("base64")}`;
      if (privateKey === null) return [symmetric];
      return [symmetric, `v1a,${sign(null, signed, privateKey).toString("base64")}`];
    })
    .join(" ");
}

/** HMAC-SHA-256 of the body, under the secret's text as it stands, in lower-case hex. */
export function bodySignature(body: Uint8Array, { text }: SigningSecret): string {
  return createHmac("sha256", text).update(body).digest("hex");
}

/** A secret of ours is `whsec_` and base64; one that was brought without the prefix is its bytes. */
function keyOf(text: string): Buffer {
  return text.startsWith(PREFIX)
    ? Buffer.from(text.slice(PREFIX.length), "base64")
    : Buffer.from(text);
}

/** The private key of a pair, as it was sealed. */
export function privateKeyOf(pkcs8: Uint8Array): KeyObject {
  return createPrivateKey({ key: Buffer.from(pkcs8), format: "der", type: "pkcs8" });
}
