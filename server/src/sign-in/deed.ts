import { DEPLOYMENT, type WriteContext } from "../store/store.ts";
import type { Person, Whence } from "./people.ts";

/** Where a person's rows lie: under the API, or the deployment for operators. */
export const placeOf = (api: string | null): string => api ?? DEPLOYMENT;

/** A write of the person's own doing. */
export function deedOf({ kind, api, id }: Person, whence: Whence, at: number): WriteContext {
  const { address, requestId } = whence;
  return { api: placeOf(api), at, actor: { kind, id }, requestId, address };
}

/** A write that nobody in particular has done. */
export function ownDeed(api: string | null, whence: Whence, at: number): WriteContext {
  return { api: placeOf(api), at, actor: { kind: "anonymous", id: null }, ...whence };
}
