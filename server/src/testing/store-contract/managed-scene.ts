import type { CommandInput } from "../../store/commands.ts";
import type { PairDraft } from "../../store/managed-tokens.ts";
import type { Store } from "../../store/store.ts";
import { anAccount, anApplication } from "../builders.ts";
import { aScene, type Scene } from "./scene.ts";

/** An API with the platform `acct_1` and its clients `app_1` and `app_2`. */
export async function aPlatformScene(store: Store): Promise<Scene> {
  const scene = aScene(store);
  await scene.write("createAccount", anAccount({ kind: "platform" }));
  await scene.write("createApplication", anApplication());
  await scene.write("createApplication", anApplication({ n: 2 }));
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
