import { ApiError } from "@latchkey/engine";
import type { FastifyReply, FastifyRequest, RouteGenericInterface } from "fastify";
import { type Static, Type } from "typebox";
import type { Applications } from "../../accounts/applications.ts";
import { permissionMask } from "../../accounts/platform-permissions.ts";
import type { ApplicationRecord } from "../../store/application-record.ts";
import type { AccountRecord, PageKey } from "../../store/records.ts";
import type { App } from "../app.ts";
import { instant } from "../instant.ts";
import type { ProtectedApi } from "../protected-api.ts";
import { Nullable, Text } from "../schemas/base.ts";
import {
  API_KEYS_ONLY,
  createSendFault,
  hasApiKey,
  platformOf,
  requireUnboundKey,
} from "./calcom-callers.ts";
import { createCredentialCall } from "./credential-call.ts";
import { allowedOf, type FacadeParts, OWN_ENDPOINT } from "./profile-facade.ts";

const { config, schema } = OWN_ENDPOINT;
const PATH = "/v2/oauth-clients";
const NO_PLAN = "Team is not subscribed to platform plan, cannot create an OAuth Client.";
/** The list of a platform is one answer; so many live clients a platform has at most. */
const MOST_LISTED = 1000;

const name = Text({ minLength: 1, maxLength: 200 });
const Uri = Text({ minLength: 1, maxLength: 2048 });
const redirectUris = Type.Array(Uri, { minItems: 1, maxItems: 10 });
const permissions = Type.Unsafe<readonly string[] | "*">({
  type: ["array", "string"],
  maxItems: 100,
  maxLength: 1,
  pattern: "^\\*$",
  items: { type: "string", maxLength: 128 },
});
const optional = {
  logo: Type.Optional(Nullable(Uri)),
  bookingRedirectUri: Type.Optional(Nullable(Uri)),
  bookingCancelRedirectUri: Type.Optional(Nullable(Uri)),
  bookingRescheduleRedirectUri: Type.Optional(Nullable(Uri)),
  areEmailsEnabled: Type.Optional(Type.Boolean()),
  areDefaultEventTypesEnabled: Type.Optional(Type.Boolean()),
  areCalendarEventsEnabled: Type.Optional(Type.Boolean()),
};

// The document's server ignores members that it does not know.
const NewClientBody = Type.Object({ name, redirectUris, permissions, ...optional });
const ClientChangesBody = Type.Object({
  name: Type.Optional(name),
  redirectUris: Type.Optional(redirectUris),
  permissions: Type.Optional(permissions),
  ...optional,
});

type NewClient = Static<typeof NewClientBody>;
type ClientChanges = Static<typeof ClientChangesBody>;
interface OfClient extends RouteGenericInterface {
  readonly Params: { readonly clientId: string };
}

type Handle<Route extends RouteGenericInterface> = (
  request: FastifyRequest<Route>,
  platform: AccountRecord,
) => Promise<object>;

/** `/v2/oauth-clients`: a platform's clients, looked after with an API key of its owner or admin. */
export function addOAuthClients(app: App, api: ProtectedApi, parts: FacadeParts): void {
  const { applications } = parts;
  const { slug } = api;
  const callOf = createCredentialCall(api, parts);
  const sendFault = createSendFault(api, parts);

  /** A handler for whoever may look after the platform's clients. */
  const forPlatform =
    <Route extends RouteGenericInterface>(handle: Handle<Route>, status = 200) =>
    async (request: FastifyRequest<Route>, reply: FastifyReply) => {
      if (!hasApiKey(request)) return sendFault(request, reply, API_KEYS_ONLY);
      const data = await handle(request, await platformOf(request, api, parts));
      return reply.code(status).send({ status: "success", data });
    };

  /** The same for what changes them. */
  const changing = <Route extends RouteGenericInterface>(handle: Handle<Route>, status = 200) =>
    forPlatform<Route>(async (request, platform) => {
      await requireUnboundKey(request, api, parts);
      return handle(request, platform);
    }, status);

  app.post<{ Body: NewClient }>(
    PATH,
    { config, schema: { ...schema, body: NewClientBody } },
    changing(async (request, { id: accountId, plan }) => {
      if (plan === null) throw new ApiError("INVALID_REQUEST", NO_PLAN);
      const { name, redirectUris } = request.body;
      const draft = { accountId, name, redirectUris, kind: "platform" as const };
      const made = await applications.create(callOf(request), { ...draft, ...rules(request.body) });
      return { clientId: made.id, clientSecret: made.clientSecret };
    }, 201),
  );

  app.get(
    PATH,
    OWN_ENDPOINT,
    forPlatform(async (_request, { id }) => {
      const clients = await allOf(applications, slug, id);
      return clients.map(clientWire);
    }),
  );

  const read = forPlatform<OfClient>(async ({ params: { clientId } }, platform) =>
    clientWire(await ownClient(applications, slug, { clientId, platform })),
  );
  app.get<OfClient>(`${PATH}/:clientId`, OWN_ENDPOINT, async (request, reply) => {
    const { clientId } = request.params;
    // By its own secret a client may look at itself.
    if (allowedOf(request).principal.credentialId !== clientId) return read(request, reply);
    const data = clientWire(await applications.find(slug, { id: clientId }));
    return reply.send({ status: "success", data });
  });

  app.patch<OfClient & { Body: ClientChanges }>(
    `${PATH}/:clientId`,
    { config, schema: { ...schema, body: ClientChangesBody } },
    changing(async (request, platform) => {
      const { clientId } = request.params;
      await ownClient(applications, slug, { clientId, platform });
      const { name, redirectUris } = request.body;
      const changes = {
        ...(name !== undefined && { name }),
        ...(redirectUris !== undefined && { redirectUris }),
        ...rules(request.body),
      };
      const named = { id: clientId, accountId: platform.id };
      return clientWire(await applications.update(callOf(request), named, changes));
    }),
  );

  app.delete<OfClient>(
    `${PATH}/:clientId`,
    OWN_ENDPOINT,
    changing(async (request, platform) => {
      const { clientId } = request.params;
      const client = await ownClient(applications, slug, { clientId, platform });
      await applications.revoke(callOf(request), { id: clientId, accountId: platform.id });
      return clientWire(client);
    }),
  );
}

/** What the body says of permissions, logo and settings, in our own members. */
function rules({ permissions, logo, ...body }: ClientChanges) {
  const { bookingRedirectUri, bookingCancelRedirectUri, bookingRescheduleRedirectUri } = body;
  const { areEmailsEnabled, areDefaultEventTypesEnabled, areCalendarEventsEnabled } = body;
  const settings = {
    ...(bookingRedirectUri !== undefined && { bookingRedirectUri }),
    ...(bookingCancelRedirectUri !== undefined && { bookingCancelRedirectUri }),
    ...(bookingRescheduleRedirectUri !== undefined && { bookingRescheduleRedirectUri }),
    ...(areEmailsEnabled !== undefined && { areEmailsEnabled }),
    ...(areDefaultEventTypesEnabled !== undefined && { areDefaultEventTypesEnabled }),
    ...(areCalendarEventsEnabled !== undefined && { areCalendarEventsEnabled }),
  };
  return {
    ...(permissions !== undefined && { permissions: permissions === "*" ? ["*"] : permissions }),
    ...(logo !== undefined && { logo }),
    settings,
  };
}

/** The platform's live client; another platform's is refused by name, as the document has it. */
async function ownClient(
  applications: Applications,
  slug: string,
  { clientId, platform }: { clientId: string; platform: AccountRecord },
): Promise<ApplicationRecord> {
  const client = await applications.find(slug, { id: clientId });
  if (client.kind !== "platform" || client.revokedAt !== null) {
    throw new ApiError("NOT_FOUND", "There is no such application.");
  }
  if (client.accountId === platform.id) return client;
  const owned = `oAuth client with id=${client.id} does not belong`;
  const message = `OAuthClientGuard - forbidden. ${owned} to the organization with id=${platform.id}.`;
  throw new ApiError("FORBIDDEN", message);
}

async function allOf(
  applications: Applications,
  slug: string,
  accountId: string,
): Promise<readonly ApplicationRecord[]> {
  const filter = { accountId, kind: "platform", live: true } as const;
  const all: ApplicationRecord[] = [];
  let after: PageKey | null | undefined;
  while (after !== null && all.length < MOST_LISTED) {
    const page = await applications.list(slug, filter, { limit: 200, after });
    all.push(...page.items);
    after = page.next;
  }
  return all;
}

/** A client in the document's members; of its secret only the last four characters. */
function clientWire(client: ApplicationRecord) {
  const { id, name, secrets, permissions, logo, redirectUris, settings } = client;
  return {
    id,
    name,
    secret: `********${secrets.at(-1)?.lastFour ?? ""}`,
    permissions: permissionMask(permissions),
    permissionNames: permissions,
    logo,
    redirectUris,
    organizationId: client.accountId,
    ...settings,
    createdAt: instant(client.createdAt),
  };
}
