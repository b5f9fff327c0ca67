import { createPublicKey, createVerify, type KeyObject, verify } from "node:crypto";
import type { SignatureProof } from "../domain/proof.ts";
import { derSignature } from "./ecdsa-signature.ts";
import { PROVEN } from "./secret-life.ts";

/**
 * The proof by a public key that `readPublicKey` accepted. Throws for bytes that are no such key;
 * `verify` never throws, and computes nothing for a signature of an impossible form.
 */
export function verifierOf(spki: Uint8Array): SignatureProof {
  const key = createPublicKey({ key: Buffer.from(spki), format: "der", type: "spki" });
  const { namedCurve } = key.asymmetricKeyDetails ?? {};
  switch (`${key.asymmetricKeyType} ${namedCurve ?? ""}`.trim()) {
    case "ec prime256v1":
      return ecdsa(key);
    case "ed25519":
      return eddsa(key);
    case "rsa":
      return rsa(key);
    default:
      throw new TypeError("tokens are verified with P-256, Ed25519 and RSA keys only");
  }
}

/** RFC 7518 §3.4. */
function ecdsa(key: KeyObject): SignatureProof {
  return proof(["ES256"], derSignature, (text, der) => overSha256(key, text, der));
}

/** RFC 8037 §3.1, and its name of RFC 9864 §2.2. */
function eddsa(key: KeyObject): SignatureProof {
  return proof(["EdDSA", "Ed25519"], ofLength(64), (text, signature) =>
    verify(null, Buffer.from(text), key, signature),
  );
}

/** RFC 7518 §3.3; RFC 8017 §8.2.2 step 1: the signature is as long as the modulus. */
function rsa(key: KeyObject): SignatureProof {
  const length = Math.ceil((key.asymmetricKeyDetails?.modulusLength ?? 0) / 8);
  return proof(["RS256"], ofLength(length), (text, signature) => overSha256(key, text, signature));
}

/** `Verify` takes the text as a string, so that a token costs a microsecond less than by `verify`. */
function overSha256(key: KeyObject, text: string, signature: Uint8Array): boolean {
  return createVerify("sha256").update(text).verify(key, signature);
}

/** A signature as the library takes it, or `undefined` when its form is impossible. */
type Prepare = (signature: Uint8Array) => Uint8Array | undefined;

function ofLength(length: number): Prepare {
  return (signature) => (signature.length === length ? signature : undefined);
}

function proof(
  algorithms: readonly string[],
  prepare: Prepare,
  isSignature: (text: string, signature: Uint8Array) => boolean,
): SignatureProof {
  return {
    kind: "signature",
    algorithms,
    verify(signingInput, signature) {
      const prepared = prepare(signature);
      if (prepared === undefined) return "failed";
      try {
        return isSignature(signingInput, prepared) ? PROVEN : "failed";
      } catch {
        // What the library cannot even compute with is no signature.
        return "failed";
      }
    },
    changesAt: () => Number.POSITIVE_INFINITY,
  };
}
