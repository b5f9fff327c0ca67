import { type Static, Type } from "typebox";
import type { IssuedApplication as Issued } from "../../accounts/applications.ts";
import {
  ACCESS_TOKEN_FORMATS,
  APPLICATION_KINDS,
  APPLICATION_STATUSES,
  APPLICATION_TYPES,
  type ApplicationRecord,
  PKCE_RULES,
} from "../../store/application-record.ts";
import { instant, instantOrNull } from "../instant.ts";
import { Body, Id, Instant, Nullable, OneOf, Text } from "./base.ts";
import { keyName, ShownOnce } from "./keyring.ts";
import { ListOf } from "./list.ts";

const Uri = (description: string) => Text({ minLength: 1, maxLength: 2048, description });
const redirectUris = Type.Array(Uri("https, or http on this machine; no fragment."), {
  minItems: 1,
  maxItems: 10,
  description: "Compared exactly; those of a platform application may have `*`.",
  examples: [["https://app.example.com/callback"]],
});
const scopes = Type.Array(Text({ minLength: 1, maxLength: 128 }), {
  maxItems: 100,
  description: "Scopes that users may be asked to approve; none when absent.",
});
const permissions = Type.Array(Text({ minLength: 1, maxLength: 128 }), {
  maxItems: 100,
  description: "What a platform application may do by itself; `*`: everything.",
  examples: [["BOOKING_READ", "BOOKING_WRITE"]],
});
const kind = OneOf(APPLICATION_KINDS, "`platform`: its id and secret open the API by themselves.");
const type = OneOf(APPLICATION_TYPES, "`public`: it can keep no secret, and gets none.");
const accessTokenFormat = OneOf(ACCESS_TOKEN_FORMATS);
const pkce = OneOf(PKCE_RULES, "Whether users are sent with a challenge: always when `public`.");
const status = OneOf(APPLICATION_STATUSES, "What a rejected application sends is refused.");
const logo = Nullable(Uri("Shown to users."));
const homePage = Nullable(Uri("Shown to users."));

const settings = {
  bookingRedirectUri: Nullable(Uri("Where people go after booking.")),
  bookingCancelRedirectUri: Nullable(Uri("Where people go after cancelling.")),
  bookingRescheduleRedirectUri: Nullable(Uri("Where people go after rescheduling.")),
  areEmailsEnabled: Type.Boolean(),
  areDefaultEventTypesEnabled: Type.Boolean(),
  areCalendarEventsEnabled: Type.Boolean(),
};
const Settings = Type.Object(settings, { description: "Kept for the API; Latchkey reads none." });
const SomeSettings = Type.Partial(Body(settings), { additionalProperties: false });

const logout = {
  postLogoutRedirectUris: Type.Array(Uri("https, or http on this machine; no fragment."), {
    maxItems: 10,
    description: "Where users may be sent once they are signed out; compared exactly.",
  }),
  backchannelLogoutUri: Nullable(Uri("Told when a user is signed out; null: nothing is.")),
  backchannelLogoutSessionRequired: Type.Boolean({
    description: "Whether it has to hear which sign-in ended (`sid`).",
  }),
};
const Logout = Type.Object(logout, { description: "How it takes part in sign-outs." });
const SomeLogout = Type.Partial(Body(logout), { additionalProperties: false });

const wire = {
  id: Type.String(),
  clientId: Type.String({ description: "`client_id` on the wire; the same as `id`." }),
  accountId: Type.String(),
  name: Type.String(),
  kind,
  type,
  redirectUris: Type.Array(Type.String()),
  scopes: Type.Array(Type.String()),
  permissions: Type.Array(Type.String()),
  accessTokenFormat,
  pkce,
  status,
  logo: Nullable(Type.String()),
  homePage: Nullable(Type.String()),
  settings: Settings,
  logout: Logout,
  secrets: Type.Array(
    Type.Object({
      id: Type.String(),
      lastFour: Type.String({ description: "The secret's last characters." }),
      createdAt: Instant("When it was made."),
      endsAt: Nullable(Instant("When its overlap ends; null: it is the newest.")),
      brownOuts: Type.Array(Instant("When it is refused for two minutes.")),
    }),
    { description: "From old to new; at most two live." },
  ),
  createdAt: Instant("When it was registered."),
  revokedAt: Nullable(Instant("When it was revoked.")),
};

/** An application on the wire; never a secret. */
export const Application = Type.Object(wire, { $id: "Application" });

/** An application with a secret just made. */
export const IssuedApplication = Type.Object(
  {
    ...wire,
    // A public application has none.
    clientSecret: Type.Optional(ShownOnce("The secret")),
  },
  { $id: "IssuedApplication" },
);

/** A page of applications. */
export const ApplicationList = ListOf(Application, "ApplicationList");

/** `POST applications`. */
export const CreateApplication = Body({
  accountId: Id("acct"),
  name: keyName,
  redirectUris,
  scopes: Type.Optional(scopes),
  type: Type.Optional(type),
  kind: Type.Optional(kind),
  permissions: Type.Optional(permissions),
  accessTokenFormat: Type.Optional(accessTokenFormat),
  pkce: Type.Optional(pkce),
  status: Type.Optional(status),
  logo: Type.Optional(logo),
  homePage: Type.Optional(homePage),
  settings: Type.Optional(SomeSettings),
  logout: Type.Optional(SomeLogout),
});

/** `PATCH applications/{id}`. */
export const UpdateApplication = Body(
  {
    name: Type.Optional(keyName),
    redirectUris: Type.Optional(redirectUris),
    scopes: Type.Optional(scopes),
    permissions: Type.Optional(permissions),
    accessTokenFormat: Type.Optional(accessTokenFormat),
    pkce: Type.Optional(pkce),
    logo: Type.Optional(logo),
    homePage: Type.Optional(homePage),
    settings: Type.Optional(SomeSettings),
    logout: Type.Optional(SomeLogout),
  },
  { minProperties: 1 },
);

/** The record as it goes over the wire. */
export function toApplication(record: ApplicationRecord): Static<typeof Application> {
  const { id, redirectUris, scopes, permissions, secrets, createdAt, revokedAt } = record;
  return {
    id,
    clientId: id,
    accountId: record.accountId,
    name: record.name,
    kind: record.kind,
    type: record.type,
    redirectUris: [...redirectUris],
    scopes: [...scopes],
    permissions: [...permissions],
    accessTokenFormat: record.accessTokenFormat,
    pkce: record.pkce,
    status: record.status,
    logo: record.logo,
    homePage: record.homePage,
    settings: record.settings,
    logout: {
      ...record.logout,
      postLogoutRedirectUris: [...record.logout.postLogoutRedirectUris],
    },
    secrets: secrets.map((secret) => ({
      id: secret.id,
      lastFour: secret.lastFour,
      createdAt: instant(secret.createdAt),
      endsAt: instantOrNull(secret.endsAt),
      brownOuts: secret.brownOuts.map(({ from }) => instant(from)),
    })),
    createdAt: instant(createdAt),
    revokedAt: instantOrNull(revokedAt),
  };
}

/** The same with its only copy of the secret. */
export function toIssuedApplication({
  clientSecret,
  ...record
}: Issued): Static<typeof IssuedApplication> {
  return { ...toApplication(record), ...(clientSecret !== null && { clientSecret }) };
}
