import { bearerStart } from "../domain/bearer.ts";

export { MOST_CREDENTIAL_LENGTH } from "../domain/bearer.ts";

/** What follows `Bearer `, as `bearerStart` finds it. */
export function bearerToken(authorization: string | undefined): string | undefined {
  const start = authorization === undefined ? -1 : bearerStart(authorization);
  return start === -1 ? undefined : authorization?.slice(start);
}
