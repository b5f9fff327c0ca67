import type { StoreLog } from "../store/store-log.ts";
import {
  type AuthorizationServers,
  type AuthorizationServersParts,
  createAuthorizationServers,
} from "./authorization-servers.ts";
import { startLogoutNotices } from "./logout-notices.ts";

/** The authorization servers of a deployment, under way. */
export interface StartedAuthorizationServers {
  readonly servers: AuthorizationServers;
  /** Ends what goes on in the background; requests are still answered. */
  stop(): Promise<void>;
}

/** Has them hear of every change of their keys, and clients be told of sign-outs, until stopped. */
export function startAuthorizationServers({
  log,
  noticeEveryMillis,
  ...parts
}: AuthorizationServersParts & {
  readonly log: StoreLog;
  /** How often is looked for sign-outs to tell of; each second when absent. */
  readonly noticeEveryMillis?: number;
}): StartedAuthorizationServers {
  const { store, clock } = parts;
  const servers = createAuthorizationServers(parts);
  store.onChange((api, changes) => {
    if (changes.some(({ kind }) => kind === "issuer_keys")) servers.renew(api);
  });
  const notices = startLogoutNotices({
    ...{ store, servers, clock, log },
    ...(noticeEveryMillis !== undefined && { everyMillis: noticeEveryMillis }),
  });
  return { servers, stop: notices.stop };
}
