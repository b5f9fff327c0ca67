/** Longest credential that is looked at, in characters. */
export const MOST_CREDENTIAL_LENGTH = 8192;

const BEARER = "bearer ";
const DPOP = "dpop ";
const SPACE = 32;

/**
 * Where that which follows `Bearer ` begins (RFC 6750 §2.1), or -1; the scheme's name is read
 * without case (RFC 9110 §11.1). Whether a token begins there is for a scheme to say.
 */
export function bearerStart(authorization: string): number {
  return startAfter(BEARER, authorization);
}

/** The same for a token that is bound to a key: what follows `DPoP ` (RFC 9449 §7.1). */
export function dpopStart(authorization: string): number {
  return startAfter(DPOP, authorization);
}

function startAfter(scheme: string, authorization: string): number {
  const { length } = authorization;
  if (length <= scheme.length || length > MOST_CREDENTIAL_LENGTH) return -1;
  for (let i = 0; i < scheme.length; i += 1) {
    const code = authorization.charCodeAt(i);
    const lower = code >= 65 && code <= 90 ? code + 32 : code;
    if (lower !== scheme.charCodeAt(i)) return -1;
  }
  let start = scheme.length;
  while (authorization.charCodeAt(start) === SPACE) start += 1;
  return start === length ? -1 : start;
}
