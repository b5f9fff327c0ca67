import { Secret, TOTP } from "otpauth";

/** RFC 6238 as authenticator apps know it: SHA-1, six digits, 30 seconds. */
const PERIOD_SECONDS = 30;
const FORM = { algorithm: "SHA1", digits: 6, period: PERIOD_SECONDS } as const;
/** 160 bits, as RFC 4226 §4 recommends. */
const SEED_BYTES = 20;
/** Clocks of phones differ, and people type slowly (RFC 6238 §5.2). */
const STEPS_AROUND = 1;

/** A new random seed. */
export const newSeed = (): Uint8Array => new Uint8Array(new Secret({ size: SEED_BYTES }).buffer);

/** The seed as a person types it, and as an app reads it from a QR code. */
export function shownSeed(
  seed: Uint8Array,
  { issuer, label }: { readonly issuer: string; readonly label: string },
): { readonly secret: string; readonly uri: string } {
  const totp = new TOTP({ ...FORM, issuer, label, secret: secretOf(seed) });
  return { secret: totp.secret.base32, uri: totp.toString() };
}

/** The 30 seconds, counted from 1970, whose code this is; `undefined`: none near this instant. */
export function stepOf(seed: Uint8Array, code: string, at: number): number | undefined {
  if (!/^\d{6}$/.test(code)) return undefined;
  const totp = new TOTP({ ...FORM, secret: secretOf(seed) });
  const delta = totp.validate({ token: code, timestamp: at, window: STEPS_AROUND });
  return delta === null ? undefined : Math.floor(at / (PERIOD_SECONDS * 1000)) + delta;
}

function secretOf(seed: Uint8Array): Secret {
  return new Secret({ buffer: new Uint8Array(seed).buffer });
}
