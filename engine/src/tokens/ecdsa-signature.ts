/** Bytes of r, and of s, on P-256. */
const HALF = 32;
/** The order of P-256 (SP 800-186 §3.2.1.3): r and s lie from 1 to one less. */
const ORDER = Buffer.from(
  "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
  "hex",
);
const SEQUENCE = 0x30;
const INTEGER = 0x02;

/**
 * A signature of ES256 (RFC 7518 §3.4: r and s of 32 bytes each) in DER (RFC 3279 §2.2.3);
 * `undefined` when it has another length or r or s is not from 1 to the order less 1. The
 * cryptographic library takes DER with less work than it takes r and s.
 */
export function derSignature(signature: Uint8Array): Uint8Array | undefined {
  if (signature.length !== 2 * HALF) return undefined;
  if (!isScalar(signature, 0) || !isScalar(signature, HALF)) return undefined;
  const r = firstByte(signature, 0);
  const s = firstByte(signature, HALF);
  const rLength = HALF - r + signByte(signature, r);
  const sLength = 2 * HALF - s + signByte(signature, s);

  const der = new Uint8Array(6 + rLength + sLength);
  der[0] = SEQUENCE;
  der[1] = 4 + rLength + sLength;
  der[2] = INTEGER;
  der[3] = rLength;
  der.set(signature.subarray(r, HALF), 4 + signByte(signature, r));
  der[4 + rLength] = INTEGER;
  der[5 + rLength] = sLength;
  der.set(signature.subarray(s), 6 + rLength + signByte(signature, s));
  return der;
}

/** Whether the 32 bytes from `start` are a number from 1 to the order less 1. */
function isScalar(bytes: Uint8Array, start: number): boolean {
  if (firstByte(bytes, start) === start + HALF) return false;
  for (let i = 0; i < HALF; i += 1) {
    const [byte, most] = [bytes[start + i] as number, ORDER[i] as number];
    if (byte !== most) return byte < most;
  }
  return false;
}

/** Where the first of 32 bytes is that is not zero. */
function firstByte(bytes: Uint8Array, start: number): number {
  let at = start;
  while (at < start + HALF && bytes[at] === 0) at += 1;
  return at;
}

/** 1 when the number that begins here needs a zero before it, so as not to be negative. */
function signByte(bytes: Uint8Array, at: number): number {
  return (bytes[at] as number) >> 7;
}
