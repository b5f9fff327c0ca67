import type { Clock } from "@latchkey/engine";
import type { Mail } from "../mail/create-mail.ts";
import type { Sealing } from "../store/sealing.ts";
import type { Store } from "../store/store.ts";
import { createChallenges } from "./challenges.ts";
import { createPeople } from "./create-people.ts";
import { createHandOffs, type HandOffs } from "./hand-offs.ts";
import { createLinks } from "./links.ts";
import { createOperatorPersons, type OperatorPersons } from "./operator-persons.ts";
import { createPasskeys } from "./passkeys.ts";
import type { IsBreached } from "./password-rules.ts";
import { createPasswords } from "./passwords.ts";
import type { Links, Passkeys, Passwords, People, SecondFactors } from "./people.ts";
import { createSecondFactors } from "./second-factors.ts";
import { createSessions, type Sessions } from "./sessions.ts";
import { createSignIn, type SignIn } from "./sign-in.ts";
import { createThrottle } from "./throttle.ts";

/** Everything by which people prove who they are. */
export interface SignInParts {
  readonly signIn: SignIn;
  readonly people: People;
  readonly secondFactors: SecondFactors;
  readonly passkeys: Passkeys;
  readonly passwords: Passwords;
  readonly links: Links;
  readonly handOffs: HandOffs;
  readonly operatorPersons: OperatorPersons;
  readonly sessions: Sessions;
}

/** Makes them, with one count of what failed. */
export function createSignInParts(parts: {
  readonly store: Store;
  readonly sealing: Sealing;
  readonly clock: Clock;
  readonly mail: Mail;
  /** Newest first. */
  readonly masterKeys: readonly Uint8Array[];
  /** Without a trailing slash. */
  readonly publicUrl: string;
  /** Slugs of all APIs. */
  readonly apis: ReadonlySet<string>;
  readonly hashPassword: (password: string) => Promise<string>;
  /** Absent: no list of known passwords is asked. */
  readonly isBreached?: IsBreached;
  /** Told when what nobody waits for failed: a mail, or a note that a session was used. */
  readonly onFault: (fault: unknown) => void;
}): SignInParts {
  const isBreached = parts.isBreached ?? (async () => false);
  const throttle = createThrottle(parts);
  const links = createLinks({ ...parts, throttle, isBreached });
  return {
    signIn: createSignIn({ ...parts, throttle }),
    people: createPeople(parts),
    secondFactors: createSecondFactors({ ...parts, throttle }),
    passkeys: createPasskeys({ ...parts, throttle, challenges: createChallenges(parts) }),
    passwords: createPasswords({ ...parts, throttle, isBreached }),
    links,
    handOffs: createHandOffs({ ...parts, throttle }),
    operatorPersons: createOperatorPersons({ ...parts, links }),
    sessions: createSessions(parts),
  };
}
