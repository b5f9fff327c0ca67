import { NO_LOGOUT } from "../../store/application-record.ts";
import type { CommandInput } from "../../store/commands.ts";
import type { PairDraft } from "../../store/managed-tokens.ts";
import type { Store } from "../../store/store.ts";
import { anAccount, digestOf } from "../builders.ts";
import { aScene, type Scene } from "./scene.ts";

/** Input of `createApplication`: a platform's client of `acct_1` that may read bookings. */
function aClient(id: string): CommandInput<"createApplication"> {
  return {
    id,
    accountId: "acct_1",
    name: "Partner",
    kind: "platform",
    type: "confidential",
    redirectUris: ["https://app.example.com"],
    scopes: [],
    permissions: ["BOOKING_READ"],
    accessTokenFormat: "opaque",
    pkce: "optional",
    status: "verified",
    logo: null,
    homePage: null,
    logout: NO_LOGOUT,
    settings: {
      bookingRedirectUri: null,
      bookingCancelRedirectUri: null,
      bookingRescheduleRedirectUri: null,
      areEmailsEnabled: true,
      areDefaultEventTypesEnabled: false,
      areCalendarEventsEnabled: true,
    },
    digest: digestOf(id),
    secret: { id: `sec_${id}`, digest: digestOf(`secret of ${id}`), lastFour: "0001" },
    maxLive: 1000,
  };
}

/** An API with the platform `acct_1` and its clients `app_1` and `app_2`. */
export async function aPlatformScene(store: Store): Promise<Scene> {
  const scene = aScene(store);
  await scene.write("createAccount", anAccount({ kind: "platform" }));
  await scene.write("createApplication", aClient("app_1"));
  await scene.write("createApplication", aClient("app_2"));
  return scene;
}

/** The `n`th pair of tokens: the access token is `tok_{n}`. */
export function aPair(n: number): PairDraft {
  const signingKey = new Uint8Array(32).fill(7);
  return { signingKey, accessId: `tok_${n}`, accessJti: `access-${n}`, refreshJti: `refresh-${n}` };
}

/** Input of `createManagedUser`: a user of `app_1`; id, email and pair follow `n`. */
export function aManagedUser({
  n = 1,
  ...changes
}: Partial<CommandInput<"createManagedUser">> & {
  readonly n?: number;
} = {}): CommandInput<"createManagedUser"> {
  return {
    applicationId: "app_1",
    id: `user_${n}`,
    name: `User ${n}`,
    email: `User${n}+app_1@example.com`,
    profile: {
      timeFormat: 12,
      weekStart: "Sunday",
      timeZone: "UTC",
      locale: "en",
      avatarUrl: null,
      bio: null,
      metadata: {},
    },
    pair: aPair(n),
    ...changes,
  };
}
