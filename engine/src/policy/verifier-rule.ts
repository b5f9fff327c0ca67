import { type Place, readChoice, readFlag, readInteger, readObject, within } from "./shape.ts";

/** What processes may do that decide about an API's requests in their own memory. */
export interface VerifierRule {
  /**
   * `local`: each counts for itself, so that several together let more pass than the limit says;
   * `leased`: each counts against slices that the server lends it, so that all together keep it;
   * `exact`: each request that is limited is asked of the server.
   */
  readonly limits: "exact" | "leased" | "local";
  /** How long after its lease one goes on with what it knows while the server does not answer. */
  readonly staleSeconds: number;
  /** Whether they are given the secrets with which requests and tokens are signed. */
  readonly holdSecrets: boolean;
}

const LONGEST_STALE = 3600;

/** What holds where nothing else is said. */
export const DEFAULT_VERIFIERS: VerifierRule = {
  limits: "local",
  staleSeconds: 0,
  holdSecrets: false,
};

/** Reads what one definition says of verifiers. */
export function readVerifiers(value: unknown, place: Place): Partial<VerifierRule> {
  const object = readObject(value, place, Object.keys(DEFAULT_VERIFIERS));
  const { limits, staleSeconds, holdSecrets } = object;
  return {
    ...(limits !== undefined && {
      limits: readChoice(limits, within(place, "limits"), ["exact", "leased", "local"]),
    }),
    ...(staleSeconds !== undefined && {
      staleSeconds: readInteger(staleSeconds, within(place, "staleSeconds"), 0, LONGEST_STALE),
    }),
    ...(holdSecrets !== undefined && {
      holdSecrets: readFlag(holdSecrets, within(place, "holdSecrets")),
    }),
  };
}
