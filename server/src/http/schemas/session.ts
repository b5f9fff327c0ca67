import { type Static, Type } from "typebox";
import type { Factors } from "../../sign-in/people.ts";
import { freshUntil } from "../../sign-in/sessions.ts";
import { CAPABILITIES, type Capability } from "../../store/capabilities.ts";
import { OPERATOR_ROLES, ROLES } from "../../store/records.ts";
import { SESSION_KINDS, type SessionRecord } from "../../store/session-rows.ts";
import { instant, instantOrNull } from "../instant.ts";
import { deviceName } from "../session/device-name.ts";
import type { Visitor } from "../session/session-access.ts";
import { Body, Instant, Nullable, OneOf, Ref, Text } from "./base.ts";
import { emailForm } from "./user.ts";

const slug = Type.String({ pattern: "^[a-z][a-z0-9-]{0,31}$" });
const password = Text({ minLength: 1, maxLength: 1024 });
const code = Text({ minLength: 1, maxLength: 64, description: "Of the app, or a recovery code." });
const secret = Text({ minLength: 1, maxLength: 128, description: "What stands in the fragment." });

const capabilities = Type.Array(OneOf(CAPABILITIES), {
  description: "What a customer's session may see and change; `write` includes `read`.",
});

/** Who is signed in with this browser. */
export const Session = Type.Object(
  {
    kind: OneOf(SESSION_KINDS, "`portal`: by a link of the API's own product."),
    person: Nullable(
      Type.Object({
        id: Type.String(),
        name: Nullable(Type.String()),
        email: Nullable(Type.String()),
      }),
    ),
    role: Nullable(OneOf([...OPERATOR_ROLES, "member"], "Of an operator, or in the account.")),
    api: Nullable(Type.String({ description: "Null for operators." })),
    accountId: Nullable(Type.String({ description: "What calls that name no account are about." })),
    accounts: Type.Array(
      Type.Object({ id: Type.String(), name: Type.String(), role: Nullable(OneOf(ROLES)) }),
    ),
    capabilities,
    returnUrl: Nullable(Type.String({ description: "Where a portal link leads back to." })),
    csrfToken: Type.String({ description: "What every write sends as `X-CSRF-Token`." }),
    freshUntil: Nullable(Instant("Until when secrets are issued without a new proof.")),
    expiresAt: Instant("When it ends unless it is used."),
    factors: Nullable(
      Type.Object({
        password: Type.Boolean(),
        totp: Type.Boolean(),
        passkeys: Type.Integer(),
        recoveryCodesLeft: Type.Integer(),
      }),
    ),
  },
  { $id: "Session" },
);

/** What follows a step of signing in. */
export const SignInStep = Type.Object(
  {
    next: OneOf(["done", "code"]),
    session: Type.Optional(Ref(Session, "With `done`.")),
    methods: Type.Optional(
      Type.Array(OneOf(["totp", "recovery-code", "passkey"]), { description: "With `code`." }),
    ),
  },
  { $id: "SignInStep" },
);

/** `POST /v1/session`. */
export const SignInBody = Body({
  email: Text({ minLength: 1, maxLength: 254 }),
  password,
  api: Type.Optional({ ...slug, description: "Sign in as a user of this API, not as operator." }),
});

/** `POST /v1/session/code`. */
export const CodeBody = Body({ code });

/** What a browser's authenticator says; the WebAuthn library reads it. */
const PasskeyResponse = Type.Object({}, { additionalProperties: true });

/** `POST /v1/session/passkey-options`. */
export const PasskeyOptionsBody = Body({ api: Type.Optional(slug) });

/** `POST /v1/session/passkey`. */
export const PasskeyBody = Body({ api: Type.Optional(slug), response: PasskeyResponse });

/** WebAuthn options, as a browser's `PublicKeyCredential` parses them. */
export const PasskeyOptions = Type.Object(
  { options: Type.Object({}, { additionalProperties: true }) },
  { $id: "PasskeyOptions" },
);

/** `POST /v1/session/proof`: one of them. */
export const ProofBody = Type.Object(
  {
    password: Type.Optional(password),
    code: Type.Optional(code),
    passkey: Type.Optional(PasskeyResponse),
  },
  { additionalProperties: false, minProperties: 1, maxProperties: 1 },
);

/** Until when a proof counts. */
export const Proof = Type.Object(
  { freshUntil: Instant("Until when secrets are issued without a new proof.") },
  { $id: "Proof" },
);

/** `POST /v1/session/password`. */
export const PasswordBody = Body({ password: Text({ minLength: 12, maxLength: 1024 }) });

/** `POST /v1/session/reset`. */
export const ResetBody = Body({ email: emailForm, api: Type.Optional(slug) });

const linkKind = OneOf(["setup", "invitation", "reset", "portal"]);

/** `POST /v1/session/links`. */
export const LinkBody = Body({
  kind: linkKind,
  token: secret,
  name: Type.Optional(Text({ minLength: 1, maxLength: 200 })),
  email: Type.Optional(emailForm),
  password: Type.Optional(Text({ minLength: 12, maxLength: 1024 })),
});

/** `POST /v1/session/links/look`. */
export const LookBody = Body({ kind: linkKind, token: secret });

/** What a link is for, as far as it tells. */
export const LinkView = Type.Object(
  {
    kind: linkKind,
    email: Type.Optional(Type.String()),
    name: Type.Optional(Type.String()),
    api: Type.Optional(Type.String()),
  },
  { $id: "LinkView" },
);

const device = {
  id: Type.String(),
  name: Type.String({ examples: ["Firefox on Linux"] }),
  address: Nullable(Type.String()),
  createdAt: Instant("When it signed in."),
  lastSeenAt: Instant("When it was last used, to the minute."),
  current: Type.Boolean({ description: "It is the one that asks." }),
};

/** The browsers in which a person is signed in. */
export const DeviceList = Type.Object(
  { data: Type.Array(Type.Object(device)) },
  { $id: "DeviceList" },
);

/** A new authenticator app. */
export const NewTotp = Type.Object(
  {
    secret: Type.String({ description: "For typing it in; shown here and never again." }),
    uri: Type.String({ description: "`otpauth:` URI, for a QR code." }),
  },
  { $id: "NewTotp" },
);

/** Ten codes that each count once. */
export const RecoveryCodes = Type.Object(
  { recoveryCodes: Type.Array(Type.String({ description: "Shown here and never again." })) },
  { $id: "RecoveryCodes" },
);

/** A passkey on the wire. */
export const Passkey = Type.Object(
  {
    id: Type.String(),
    name: Type.String(),
    createdAt: Instant("When it was added."),
    lastUsedAt: Nullable(Instant("When it last signed in.")),
  },
  { $id: "Passkey" },
);

/** A person's passkeys. */
export const PasskeyList = Type.Object({ data: Type.Array(Ref(Passkey)) }, { $id: "PasskeyList" });

/** `POST /v1/session/passkeys`. */
export const NewPasskey = Body({
  name: Text({ minLength: 1, maxLength: 100 }),
  response: PasskeyResponse,
});

/** The session on the wire. */
export function toSession(
  { session, name, email, role, accounts }: Visitor,
  more: { readonly csrfToken: string; readonly factors: Factors | null },
): Static<typeof Session> {
  const [account] = accounts;
  const { kind, api, personId, returnUrl, endsAt } = session;
  const isOperator = kind === "operator";
  return {
    kind,
    person: personId === null ? null : { id: personId, name, email },
    role: role ?? account?.role ?? null,
    api: isOperator ? null : api,
    accountId: account?.id ?? null,
    accounts: accounts.map(({ id, name, role }) => ({ id, name, role })),
    capabilities: (isOperator ? CAPABILITIES : (account?.capabilities ?? [])) as Capability[],
    returnUrl,
    csrfToken: more.csrfToken,
    freshUntil: instantOrNull(freshUntil(session)),
    expiresAt: instant(endsAt),
    factors: more.factors,
  };
}

/** The session as its person sees it among others. */
export function toDevice(session: SessionRecord, current: string) {
  return {
    id: session.id,
    name: deviceName(session.userAgent),
    address: session.address,
    createdAt: instant(session.createdAt),
    lastSeenAt: instant(session.lastSeenAt),
    current: session.id === current,
  };
}
