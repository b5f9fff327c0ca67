import { ApiError, bareCalcomFault } from "@latchkey/engine";
import { type Static, Type } from "typebox";
import type { AccountRecord, UserRecord } from "../../store/records.ts";
import type { App } from "../app.ts";
import type { ProtectedApi } from "../protected-api.ts";
import { API_KEYS_ONLY, createSendFault, hasApiKey } from "./calcom-callers.ts";
import { addOAuthClients } from "./calcom-clients.ts";
import { calcomError } from "./calcom-envelope.ts";
import { addOAuth2, withoutClientProof } from "./calcom-oauth.ts";
import { addManagedUsers, addTokenCheck, userWire } from "./calcom-users.ts";
import { addClientWebhooks } from "./calcom-webhooks.ts";
import { accountOf, createCredentialCall } from "./credential-call.ts";
import {
  allowedOf,
  type FacadeParts,
  ifMissing,
  OWN_ENDPOINT,
  type ProfileFacade,
} from "./profile-facade.ts";

const { config, schema } = OWN_ENDPOINT;

const DAY_MILLIS = 86_400_000;
const DEFAULT_DAYS = 30;

// The document's server ignores members that it does not know.
const RefreshBody = Type.Object({
  apiKeyDaysValid: Type.Optional(Type.Integer({ minimum: 1, maximum: 3650 })),
  apiKeyNeverExpires: Type.Optional(Type.Boolean()),
  overlapSeconds: Type.Optional(Type.Integer({ minimum: 0, maximum: 604_800 })),
});

/** The document's own endpoints: who is asking, keys, platform clients and their users. */
export const calcomFacade: ProfileFacade = {
  routes(app, api, parts) {
    addMe(app, api, parts);
    addProvider(app, api, parts);
    addKeyRefresh(app, api, parts);
    addOAuthClients(app, api, parts);
    addManagedUsers(app, api, parts);
    addClientWebhooks(app, api, parts);
    addTokenCheck(app, api, parts);
    addOAuth2(app, api, parts);
  },
  asDecided: withoutClientProof,
  errorAnswer: calcomError,
};

function addMe(app: App, { slug }: ProtectedApi, parts: FacadeParts): void {
  const { accounts, users, managedUsers } = parts;
  app.get("/v2/me", OWN_ENDPOINT, async (request) => {
    const { userId, kind } = allowedOf(request).principal;
    const managed =
      kind === "managed-user" && userId !== null
        ? await managedUsers.findById(slug, userId)
        : undefined;
    if (managed !== undefined) {
      const more = { organizationId: null, accountId: accountOf(request) };
      return { status: "success", data: { ...userWire(managed), ...more } };
    }
    const account = await accounts.find(slug, accountOf(request));
    const user = userId === null ? undefined : await users.find(slug, userId);
    return { status: "success", data: meWire(account, user) };
  });
}

/** What Latchkey knows of a user is what it says; the rest is there, for programs that read it. */
function meWire(account: AccountRecord, user: UserRecord | undefined) {
  const { id: accountId } = account;
  const [username = null] = user?.email?.split("@", 1) ?? [];
  return {
    id: user?.number ?? 0,
    username: user === undefined ? account.name : username,
    email: user?.email ?? null,
    name: user === undefined ? account.name : user.name,
    avatarUrl: null,
    bio: null,
    timeFormat: 12,
    defaultScheduleId: null,
    weekStart: "Sunday",
    timeZone: "UTC",
    locale: "en",
    organizationId: null,
    accountId,
  };
}

/** Whether a client is one of ours, for everybody: client ids are in every page that uses them. */
function addProvider(app: App, api: ProtectedApi, parts: FacadeParts): void {
  const sendFault = createSendFault(api, parts);
  const isSuspended = async (accountId: string): Promise<boolean> =>
    (await parts.accounts.find(api.slug, accountId)).suspendedAt !== null;

  app.get<{ Params: { clientId: string } }>(
    "/v2/provider/:clientId",
    OWN_ENDPOINT,
    async (request, reply) => {
      const { clientId } = request.params;
      const client = await parts.applications.find(api.slug, { id: clientId }).catch(ifMissing);
      const isLive = client?.kind === "platform" && client.revokedAt === null;
      if (!isLive || client.status === "rejected" || (await isSuspended(client.accountId))) {
        return sendFault(request, reply, bareCalcomFault(401));
      }
      return reply.send({ status: "success", data: { clientId: client.id, name: client.name } });
    },
  );
}

/** The presented key's successor, shown once; by default the presented one ends at once. */
function addKeyRefresh(app: App, api: ProtectedApi, parts: FacadeParts): void {
  const callOf = createCredentialCall(api, parts);
  const sendFault = createSendFault(api, parts);

  app.post<{ Body: Static<typeof RefreshBody> }>(
    "/v2/api-keys/refresh",
    { config, schema: { ...schema, body: RefreshBody } },
    async (request, reply) => {
      const { credentialId } = allowedOf(request).principal;
      if (!hasApiKey(request) || credentialId === null) {
        return sendFault(request, reply, API_KEYS_ONLY);
      }
      const { overlapSeconds = 0 } = request.body;
      const name = { id: credentialId, accountId: accountOf(request) };
      const rotation = {
        overlapSeconds,
        // One refresh after another is what the document allows; only the newest key may ask.
        force: true,
        expiresAt: expiryOf(request.body, parts.clock()),
      };
      const { key } = await parts.apiKeys.rotate(callOf(request), name, rotation);
      return reply.code(200).send({ status: "success", data: { apiKey: key } });
    },
  );
}

function expiryOf(
  { apiKeyDaysValid, apiKeyNeverExpires = false }: Static<typeof RefreshBody>,
  at: number,
): number | null {
  if (!apiKeyNeverExpires) return at + (apiKeyDaysValid ?? DEFAULT_DAYS) * DAY_MILLIS;
  if (apiKeyDaysValid === undefined) return null;
  const message = "Send either apiKeyDaysValid or apiKeyNeverExpires, not both.";
  throw new ApiError("INVALID_REQUEST", message);
}
