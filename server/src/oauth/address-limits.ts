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
/** Each leaves a row for up to an hour, whoever asks; people of a whole company have one address. */
const BEGINNINGS = { most: 1200, windowSeconds: 60 };
/** An application's server pushes for all of its people, and what it pushed is gone in a minute. */
const PUSHED = { most: 3000, windowSeconds: 60 };
/** A user code is short, and whoever guesses one gets a device's tokens (RFC 8628 §5.1). */
const USER_CODES = { most: 20, windowSeconds: 60 };
const USER_CODE = /^\/oauth\/device(?:\?|$)/;
const REGISTRATION = /^\/oauth\/register(?:\?|$)/;
const PUSH = /^\/oauth\/par(?:\?|$)/;
/** As the library reads the last part of a path: in any case of its letters. */
const BEGINNING =
  /^\/(?:oauth\/(?:authorize|device(?:\/code)?|logout)|auth\/oauth2\/authorize)(?:\?|$)/i;

/** Whether this endpoint answers browsers with pages; what is wrong there is no client's guess. */
export function isPage(target: string): boolean {
  return /^\/(?:oauth\/(?:authorize|logout|device(?!\/code))|auth\/oauth2\/)/i.test(target);
}

/** The limits, counted by this process alone. */
export function createAddressLimits(clock: Clock): AddressLimits {
  const failures = createAttempts({ ...FAILURES, clock });
  const registrations = createAttempts({ ...REGISTRATIONS, clock });
  const beginnings = createAttempts({ ...BEGINNINGS, clock });
  const pushed = createAttempts({ ...PUSHED, clock });
  const userCodes = createAttempts({ ...USER_CODES, clock });
  const documents = createAttempts({ ...DOCUMENTS, clock });

  /** What is counted before it is looked at. */
  function eachOf({ method, target }: Asked) {
    if (method === "POST") {
      if (REGISTRATION.test(target)) return registrations;
      if (USER_CODE.test(target)) return userCodes;
      if (PUSH.test(target)) return pushed;
    }
    return BEGINNING.test(target) ? beginnings : undefined;
  }

  return {
    admit(asked) {
      const { target, address } = asked;
      const each = eachOf(asked);
      const isGuess = !isPage(target) && each !== registrations;
      const waits = [each, isGuess ? failures : undefined].map((one) => one?.waitSeconds(address));
      const wait = Math.max(...waits.map((seconds = 0) => seconds));
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
