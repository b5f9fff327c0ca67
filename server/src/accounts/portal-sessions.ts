import { createHash, randomBytes } from "node:crypto";
import { ApiError, type Clock } from "@latchkey/engine";
import type { PortalSessionRecord } from "../store/portal-sessions.ts";
import type { Role } from "../store/records.ts";
import type { Store } from "../store/store.ts";
import type { Call } from "./call.ts";
import { newId } from "./ids.ts";
import { redirectUriFault } from "./redirect-uri.ts";

/** What a session lets its user see, or change, in the dashboard. */
export type Capability = `${(typeof AREAS)[number]}:${"read" | "write"}`;

/** A new session, as asked for. */
export interface PortalSessionDraft {
  readonly accountId: string;
  /** A user of the account, else `INVALID_REQUEST` that names `userId`. */
  readonly userId: string;
  /** Where the dashboard leads back to; what is wrong for a redirect URI is wrong here. */
  readonly returnUrl?: string | null;
}

/** A session just made; `url` opens the dashboard once and is the only copy there will ever be. */
export interface OpenedPortalSession extends PortalSessionRecord {
  readonly url: string;
}

/** The use cases of portal sessions: links with which a customer's user opens the dashboard. */
export interface PortalSessions {
  /** @throws {ApiError} `INVALID_REQUEST` whose details name the `field`. */
  create(call: Call, draft: PortalSessionDraft): Promise<OpenedPortalSession>;
}

/** How long a link can be opened, in milliseconds. */
const PORTAL_LINK_MILLIS = 5 * 60 * 1000;

const AREAS = [
  "api-keys",
  "signing-keys",
  "applications",
  "webhooks",
  "usage",
  "security",
] as const;

/** Sessions of all APIs, kept in `store`; links lead to `publicUrl`, which has no trailing slash. */
export function createPortalSessions(parts: {
  readonly store: Store;
  readonly clock: Clock;
  readonly publicUrl: string;
}): PortalSessions {
  const { store, clock, publicUrl } = parts;
  return {
    async create(call, { accountId, userId, returnUrl = null }) {
      if (returnUrl !== null) checkReturnUrl(returnUrl);
      const at = clock();
      const secret = randomBytes(32).toString("base64url");
      const input = {
        id: newId("ds", 12),
        digest: createHash("sha256").update(secret).digest(),
        accountId,
        userId,
        capabilities: CAPABILITIES,
        returnUrl,
        expiresAt: at + PORTAL_LINK_MILLIS,
      };
      const { output, once } = await store.write(
        "createPortalSession",
        input,
        { ...call, at },
        secret,
      );
      // In the fragment, which no server and no Referer ever sees (RFC 9110 §10.1.3).
      return { ...output, url: `${publicUrl}/dashboard/#portal=${once}` };
    },
  };
}

/** Everything for who may change the account, a look at it for the others. */
const CAPABILITIES: Readonly<Record<Role, readonly Capability[]>> = {
  owner: AREAS.map((area) => `${area}:write` as const),
  admin: AREAS.map((area) => `${area}:write` as const),
  member: AREAS.map((area) => `${area}:read` as const),
};

/** People are led there by a link of ours, so it must name one place and be safe to open. */
function checkReturnUrl(text: string): void {
  const fault = redirectUriFault(text, { patterns: false });
  if (fault === undefined) return;
  const details = { field: "returnUrl" };
  throw new ApiError("INVALID_REQUEST", `returnUrl ${fault}`, { details });
}
