import { hash } from "node:crypto";
import { NO_LOGOUT } from "../store/application-record.ts";
import type { CommandInput } from "../store/commands.ts";
import type { WriteContext } from "../store/store.ts";
import { NOW } from "./now.ts";

/** The API that tests write to. */
export const API = "standard";

/** Who asks for a write in tests: an operator, now. */
export function aContext(changes: Partial<WriteContext> = {}): WriteContext {
  return {
    api: API,
    at: NOW,
    actor: { kind: "operator", id: "opt_1" },
    requestId: "req_1",
    address: "192.0.2.1",
    ...changes,
  };
}

/** Input of `createAccount`: an account on its own. */
export function anAccount(
  changes: Partial<CommandInput<"createAccount">> = {},
): CommandInput<"createAccount"> {
  return {
    id: "acct_1",
    name: "Acme",
    kind: "account",
    parentId: null,
    plan: null,
    externalId: null,
    ...changes,
  };
}

/** Input of `createUser`: an owner of `acct_1` without a password. */
export function aUser(
  changes: Partial<CommandInput<"createUser">> = {},
): CommandInput<"createUser"> {
  return {
    id: "user_1",
    accountId: "acct_1",
    name: "A User",
    email: "user@example.com",
    role: "owner",
    passwordHash: null,
    ...changes,
  };
}

/** Names API keys among the kinds of the keyring. */
export const API_KEY = { scheme: "api-key" } as const;

/** Input of `issueCredential`: a live API key of `acct_1` that never expires; id and secret follow `n`. */
export function anApiKey({
  n = 1,
  ...changes
}: Partial<CommandInput<"issueCredential">> & {
  readonly n?: number;
} = {}): CommandInput<"issueCredential"> {
  return {
    scheme: "api-key",
    id: `key_${n}`,
    accountId: "acct_1",
    userId: null,
    name: "Production",
    handle: null,
    material: null,
    digest: digestOf(`key_${n}`),
    prefix: "lk_live",
    lastFour: "wxyz",
    scopes: ["read:users"],
    mode: "live",
    allowedIps: [],
    limits: null,
    signing: "off",
    expiresAt: null,
    lineageId: changes.id ?? `key_${n}`,
    ...changes,
  };
}

/** Input of `issueCredential`: a signing key `kid_1` of `acct_1` that was made here. */
export function aSigningKey(
  changes: Partial<CommandInput<"issueCredential">> = {},
): CommandInput<"issueCredential"> {
  const { id = "kid_1" } = changes;
  return {
    ...anApiKey({ id, scopes: [], prefix: "", lastFour: "" }),
    ...{ scheme: "customer-jwt", handle: id, digest: digestOf(id) },
    material: { kind: "public-key", algorithm: "ES256", spki: "AAAA", brought: false },
    ...changes,
  };
}

/** Input of `issueCredential`: a JWT secret `jws_1` of `acct_1` for `api.example.com`. */
export function aJwtSecret(
  changes: Partial<CommandInput<"issueCredential">> = {},
): CommandInput<"issueCredential"> {
  const { id = "jws_1", handle = "api.example.com" } = changes;
  return {
    ...anApiKey({ id, prefix: "", lastFour: "" }),
    ...{ scheme: "shared-secret-jwt", handle, digest: digestOf(handle ?? "") },
    material: {
      kind: "shared-secrets",
      secrets: [{ id: "sec_1", sealed: "c2VhbGVkLTE=", createdAt: NOW, endsAt: null }],
    },
    ...changes,
  };
}

/** What a platform says of the bookings of a client's users. */
export const CLIENT_SETTINGS = {
  bookingRedirectUri: "https://app.example.com/booked",
  bookingCancelRedirectUri: null,
  bookingRescheduleRedirectUri: null,
  areEmailsEnabled: true,
  areDefaultEventTypesEnabled: false,
  areCalendarEventsEnabled: true,
};

/** Input of `createApplication`: a platform's client of `acct_1`; id and secret follow `n`. */
export function anApplication({
  n = 1,
  ...changes
}: Partial<CommandInput<"createApplication">> & {
  readonly n?: number;
} = {}): CommandInput<"createApplication"> {
  return {
    id: `app_${n}`,
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
    settings: CLIENT_SETTINGS,
    logout: NO_LOGOUT,
    digest: digestOf(`app_${n}`),
    secret: aClientSecret(n),
    maxLive: 1000,
    ...changes,
  };
}

/** The `n`th secret of a client, just made. */
export function aClientSecret(n: number) {
  return { id: `sec_${n}`, digest: digestOf(`sec_${n}`), lastFour: `000${n}` };
}

/** The digest that stands for a secret in tests. */
export function digestOf(secret: string): Uint8Array {
  return hash("sha256", secret, "buffer");
}

/** Input of `rotateCredential`: rotates `key_1` to `key_2` with a day's overlap. */
export function aRotation({
  n = 2,
  ...changes
}: Partial<CommandInput<"rotateCredential">> & {
  readonly n?: number;
} = {}): CommandInput<"rotateCredential"> {
  const successor = {
    id: `key_${n}`,
    handle: null,
    digest: digestOf(`key_${n}`),
    material: null,
    prefix: "lk_live",
    lastFour: "2222",
  };
  const plan = { overlapSeconds: 86_400, force: false, brownOuts: [] };
  return { scheme: "api-key", id: "key_1", successor, ...plan, ...changes };
}
