import type { Clock } from "@latchkey/engine";
import { createAttempts } from "./attempts.ts";

/** What one address may ask of authorization servers before it has to wait. */
export interface AddressLimits {
  /**
   * Counts a request against its address, unless that must wait: answers for how many seconds; 0:
   * it may go on, and `refused` counts it if it turns out to be a wrong secret or token.
   */
  admit(request: Asked): number;
  refused(address: string | undefined): void;
  /** Counts a document of a client that is to be fetched; false: too many were for this address. */
  admitsDocument(address: string | undefined): boolean;
}

interface Asked {
  readonly method: string | undefined;
  /** Path and query below the mount. */
  readonly target: string;
  readonly address: string | undefined;
}

/** Wrong secrets and tokens of one address. */
const FAILURES = { most: 60, windowSeconds: 60 };
const REGISTRATIONS = { most: 60, windowSeconds: 3600 };
/** Whoever names a client has its document fetched, from wherever its name says. */
const DOCUMENTS = { most: 60, windowSeconds: 60 };
/** A user code is short, and whoever guesses one gets a device's tokens (RFC 8628 §5.1). */
const USER_CODES = { most: 20, windowSeconds: 60 };
const USER_CODE = /^\/oauth\/device(?:\?|$)/;
const REGISTRATION = /^\/oauth\/register(?:\?|$)/;

/** Whether this endpoint answers browsers with pages; what is wrong there is no client's guess. */
export function isPage(target: string): boolean {
  return /^\/(?:oauth\/(?:authorize|logout|device(?!\/code))|auth\/oauth2\/)/.test(target);
}

/** The limits, counted by this process alone. */
export function createAddressLimits(clock: Clock): AddressLimits {
  const failures = createAttempts({ ...FAILURES, clock });
  const registrations = createAttempts({ ...REGISTRATIONS, clock });
  const userCodes = createAttempts({ ...USER_CODES, clock });
  const documents = createAttempts({ ...DOCUMENTS, clock });

  /** What is counted before it is looked at. */
  function eachOf({ method, target }: Asked) {
    if (method !== "POST") return undefined;
    if (REGISTRATION.test(target)) return registrations;
    return USER_CODE.test(target) ? userCodes : undefined;
  }

  return {
    admit(asked) {
      const { target, address } = asked;
      const each = eachOf(asked);
      const counted = each ?? (isPage(target) ? undefined : failures);
      const wait = counted?.waitSeconds(address) ?? 0;
      if (wait === 0) each?.count(address);
      return wait;
    },
    refused: (address) => failures.count(address),
    admitsDocument(address) {
      if (documents.waitSeconds(address) > 0) return false;
      documents.count(address);
      return true;
    },
  };
}
