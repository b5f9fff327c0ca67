import { ApiError, invalidField } from "@latchkey/engine";
import type { FastifyRequest, RouteGenericInterface } from "fastify";
import { type Static, Type } from "typebox";
import type { ManagedUserChanges } from "../../accounts/managed-users.ts";
import type { TokenPair } from "../../store/managed-tokens.ts";
import type { ManagedUserRecord } from "../../store/managed-user-rows.ts";
import type { App } from "../app.ts";
import { instant } from "../instant.ts";
import type { ProtectedApi } from "../protected-api.ts";
import { Nullable, OneOf, Text } from "../schemas/base.ts";
import { createSendFault } from "./calcom-callers.ts";
import { createForClient, type OfClient } from "./calcom-client-guard.ts";
import { createCredentialCall } from "./credential-call.ts";
import { allowedOf, type FacadeParts, OWN_ENDPOINT } from "./profile-facade.ts";

const { config, schema } = OWN_ENDPOINT;
const PATH = "/v2/oauth-clients/:clientId/users";
const MOST_EMAILS = 100;

const DAYS = [
  "Monday",
  "Tuesday",
  "Wednesday",
  "Thursday",
  "Friday",
  "Saturday",
  "Sunday",
] as const;

const name = Text({ minLength: 1, maxLength: 200 });
const email = Text({ minLength: 3, maxLength: 254 });
const profile = {
  timeFormat: Type.Optional(Type.Unsafe<12 | 24>({ type: "integer", enum: [12, 24] })),
  weekStart: Type.Optional(OneOf(DAYS)),
  timeZone: Type.Optional(Nullable(Text({ minLength: 1, maxLength: 64 }))),
  locale: Type.Optional(
    Type.String({ maxLength: 35, pattern: "^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$" }),
  ),
  avatarUrl: Type.Optional(Nullable(Text({ maxLength: 2048 }))),
  bio: Type.Optional(Nullable(Text({ maxLength: 2000 }))),
  metadata: Type.Optional(
    Type.Unsafe<Record<string, string | number | boolean>>({
      type: "object",
      additionalProperties: {
        type: ["string", "number", "boolean"],
        pattern: "^[^\\u0000\\ud800-\\udfff]*$",
      },
      propertyNames: { pattern: "^[^\\u0000\\ud800-\\udfff]*$" },
    }),
  ),
};

// The document's server ignores members that it does not know.
const NewUserBody = Type.Object({ name, email, ...profile });
const UserChangesBody = Type.Object({
  name: Type.Optional(name),
  email: Type.Optional(email),
  ...profile,
});
const RefreshBody = Type.Object({ refreshToken: Text({ minLength: 1, maxLength: 4096 }) });
const UsersQuery = Type.Object({
  offset: Type.Integer({ minimum: 0, maximum: 1_000_000, default: 0 }),
  limit: Type.Integer({ minimum: 1, maximum: 1000, default: 50 }),
  emails: Type.Optional(Type.Array(Text({ maxLength: 32_768 }), { maxItems: MOST_EMAILS })),
});

interface OfUser extends RouteGenericInterface {
  readonly Params: { readonly clientId: string; readonly userId: string };
}

/** A client's managed users and their tokens, for the client's own id and secret. */
export function addManagedUsers(app: App, api: ProtectedApi, parts: FacadeParts): void {
  const { managedUsers } = parts;
  const { slug } = api;
  const callOf = createCredentialCall(api, parts);
  const forClient = createForClient(api, parts);

  app.get<OfClient & { Querystring: Static<typeof UsersQuery> }>(
    PATH,
    { config, schema: { ...schema, querystring: UsersQuery } },
    forClient(async ({ query: { offset, limit, emails } }, clientId) => {
      const page = { offset, limit, emails: namedIn(emails) };
      return (await managedUsers.list(slug, clientId, page)).map(userWire);
    }),
  );

  app.post<OfClient & { Body: Static<typeof NewUserBody> }>(
    PATH,
    { config, schema: { ...schema, body: NewUserBody } },
    forClient(async (request, clientId) => {
      const draft = { ...knownOf(request.body), ...namesOf(request.body) };
      const { user, tokens } = await managedUsers.create(callOf(request), clientId, draft);
      return { user: userWire(user), ...pairWire(tokens) };
    }, 201),
  );

  app.get<OfUser>(
    `${PATH}/:userId`,
    OWN_ENDPOINT,
    forClient(async (request, applicationId) =>
      userWire(await managedUsers.find(slug, { applicationId, number: numberIn(request) })),
    ),
  );

  app.patch<OfUser & { Body: Static<typeof UserChangesBody> }>(
    `${PATH}/:userId`,
    { config, schema: { ...schema, body: UserChangesBody } },
    forClient(async (request, applicationId) => {
      const { name, email } = request.body;
      const changes: ManagedUserChanges = {
        ...knownOf(request.body),
        ...(name !== undefined && { name }),
        ...(email !== undefined && { email }),
      };
      const named = { applicationId, number: numberIn(request) };
      return userWire(await managedUsers.update(callOf(request), named, changes));
    }),
  );

  app.delete<OfUser>(
    `${PATH}/:userId`,
    OWN_ENDPOINT,
    forClient(async (request, applicationId) => {
      const named = { applicationId, number: numberIn(request) };
      return userWire(await managedUsers.delete(callOf(request), named));
    }),
  );

  app.post<OfUser>(
    `${PATH}/:userId/force-refresh`,
    OWN_ENDPOINT,
    forClient(async (request, applicationId) => {
      const named = { applicationId, number: numberIn(request) };
      return pairWire(await managedUsers.forceRefresh(callOf(request), named));
    }),
  );

  app.post<OfClient & { Body: Static<typeof RefreshBody> }>(
    "/v2/oauth/:clientId/refresh",
    { config, schema: { ...schema, body: RefreshBody } },
    forClient(async (request, clientId) => {
      const { refreshToken } = request.body;
      return pairWire(await managedUsers.refresh(callOf(request), clientId, refreshToken));
    }),
  );
}

/** Tells a user's program whether its token is good, and of the client that it thinks of. */
export function addTokenCheck(app: App, api: ProtectedApi, parts: FacadeParts): void {
  const sendFault = createSendFault(api, parts);
  app.get<OfClient>("/v2/provider/:clientId/access-token", OWN_ENDPOINT, async (request, reply) => {
    const { scheme, applicationId } = allowedOf(request).principal;
    if (scheme === "access-token" && applicationId === request.params.clientId) {
      return reply.send({ status: "success" });
    }
    return sendFault(request, reply, { status: 401, message: "Invalid Access Token." });
  });
}

/** The members of a profile that the body has, and no other. */
function knownOf(body: Static<typeof UserChangesBody>) {
  const { timeFormat, weekStart, timeZone, locale, avatarUrl, bio, metadata } = body;
  return {
    ...(timeFormat !== undefined && { timeFormat }),
    ...(weekStart !== undefined && { weekStart }),
    ...(timeZone !== undefined && { timeZone }),
    ...(locale !== undefined && { locale }),
    ...(avatarUrl !== undefined && { avatarUrl }),
    ...(bio !== undefined && { bio }),
    ...(metadata !== undefined && { metadata }),
  };
}

function namesOf({ name, email }: Static<typeof NewUserBody>) {
  return { name, email };
}

/** `a,b` in one parameter, or in several; `undefined` when no email is named. */
function namedIn(emails: readonly string[] = []): readonly string[] | undefined {
  const all = emails.flatMap((list) => list.split(","));
  const named = all.map((each) => each.trim()).filter((each) => each !== "");
  if (named.length <= MOST_EMAILS) return named.length === 0 ? undefined : named;
  const message = `emails may name at most ${MOST_EMAILS} users.`;
  throw invalidField("emails", message);
}

function numberIn({ params }: FastifyRequest<OfUser>): number {
  if (/^[1-9]\d{0,14}$/.test(params.userId)) return Number(params.userId);
  const message = "Validation failed (numeric string is expected)";
  throw new ApiError("INVALID_REQUEST", message);
}

function pairWire(pair: TokenPair) {
  const { accessToken, accessTokenExpiresAt, refreshToken, refreshTokenExpiresAt } = pair;
  return { accessToken, accessTokenExpiresAt, refreshToken, refreshTokenExpiresAt };
}

/** A managed user in the document's members; the username follows the email. */
export function userWire({ number, email, name, profile, createdAt }: ManagedUserRecord) {
  const { bio, timeZone, weekStart, timeFormat, locale, avatarUrl, metadata } = profile;
  return {
    id: number,
    email,
    username: email.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "-"),
    name,
    bio,
    timeZone,
    weekStart,
    createdDate: instant(createdAt),
    timeFormat,
    defaultScheduleId: null,
    locale,
    avatarUrl,
    metadata,
  };
}
