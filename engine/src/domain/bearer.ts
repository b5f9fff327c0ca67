/** Longest credential that is looked at, in characters. */
export const MOST_CREDENTIAL_LENGTH = 8192;

const BEARER = "bearer ";
const SPACE = 32;

/**
 * Where that which follows `Bearer ` begins (RFC 6750 §2.1), or -1; the scheme's name is read
 * without case (RFC 9110 §11.1). Whether a token begins there is for a scheme to say.
 */
export function bearerStart(authorization: string): number {
  const { length } = authorization;
  if (length <= BEARER.length || length > MOST_CREDENTIAL_LENGTH) return -1;
  for (let i = 0; i < BEARER.length; i += 1) {
    const code = authorization.charCodeAt(i);
    const lower = code >= 65 && code <= 90 ? code + 32 : code;
    if (lower !== BEARER.charCodeAt(i)) return -1;
  }
  let start = BEARER.length;
  while (authorization.charCodeAt(start) === SPACE) start += 1;
  return start === length ? -1 : start;
}
