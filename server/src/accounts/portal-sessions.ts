import { createHash, randomBytes } from "node:crypto";
import { type Clock, type CompiledPolicy, invalidField } from "@latchkey/engine";
import { CAPABILITIES, type Capability } from "../store/capabilities.ts";
import type { PortalSessionRecord } from "../store/portal-sessions.ts";
import type { Role } from "../store/records.ts";
import type { Store } from "../store/store.ts";
import type { Call } from "./call.ts";
import { newId } from "./ids.ts";
import { returnUrlFault } from "./return-url.ts";

/** A new session, as asked for. */
export interface PortalSessionDraft {
  readonly accountId: string;
  /** A user of the account, else `INVALID_REQUEST` that names `userId`; `null`: nobody by name. */
  readonly userId: string | null;
  /** What it allows; absent: what the user's role in the account does. */
  readonly capabilities?: readonly Capability[];
  /** Where the dashboard leads back to: one of the policy's `returnUrls`. */
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

/** Sessions of all APIs, kept in `store`; links lead to `publicUrl`, which has no trailing slash. */
export function createPortalSessions(parts: {
  readonly store: Store;
  readonly clock: Clock;
  readonly publicUrl: string;
  /** By slug. */
  readonly policies: ReadonlyMap<string, CompiledPolicy>;
}): PortalSessions {
  const { store, clock, publicUrl, policies } = parts;
  return {
    async create(call, { accountId, userId, capabilities = BY_ROLE, returnUrl = null }) {
      const { returnUrls = [] } = policies.get(call.api)?.policy ?? {};
      if (returnUrl !== null) checkReturnUrl(returnUrl, returnUrls);
      const at = clock();
      const secret = randomBytes(32).toString("base64url");
      const input = {
        id: newId("ds", 12),
        digest: createHash("sha256").update(secret).digest(),
        accountId,
        userId,
        capabilities,
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

const WRITES = CAPABILITIES.filter((capability) => capability.endsWith(":write"));
const READS = CAPABILITIES.filter((capability) => capability.endsWith(":read"));

/** Everything for who may change the account, a look at it for the others. */
const BY_ROLE: Readonly<Record<Role, readonly Capability[]>> = {
  owner: WRITES,
  admin: WRITES,
  member: READS,
};

function checkReturnUrl(text: string, allowed: readonly string[]): void {
  const fault = returnUrlFault(text, allowed);
  if (fault === undefined) return;
  throw invalidField("returnUrl", `returnUrl ${fault}`);
}
