import { calcomFacade } from "./calcom.ts";
import type { ProfileFacade } from "./profile-facade.ts";
import { savvycalFacade } from "./savvycal.ts";
import { signedKeysFacade } from "./signed-keys.ts";
import { standardFacade } from "./standard.ts";

/** The facade of each profile, by the policy's `renderer`. */
export const FACADES: Readonly<Record<string, ProfileFacade>> = {
  standard: standardFacade,
  savvycal: savvycalFacade,
  calcom: calcomFacade,
  "signed-keys": signedKeysFacade,
};
