// Made by `npm run generate` from the service's OpenAPI document; a test compares them.

/** `Account` of the document. */
export type Account = {
  readonly id: string;
  readonly name: string;
  readonly kind: "account" | "platform" | "organization" | "team";
  /** The platform or organization it belongs to. */
  readonly parentId: string | null;
  readonly plan: string | null;
  readonly externalId: string | null;
  /** While suspended, its credentials are refused. */
  readonly status: "active" | "suspended";
  /** When it was made. */
  readonly createdAt: string;
  /** Since when it is suspended. */
  readonly suspendedAt: string | null;
};
/** `AccountList` of the document. */
export type AccountList = {
  readonly data: readonly Account[];
  /** Null on the last page. */
  readonly nextCursor: string | null;
};
/** `Api` of the document. */
export type Api = {
  readonly slug: string;
  /** The profile whose answers its clients get. */
  readonly profile: string;
  /** The address below which its clients find it. */
  readonly mount: string;
  /** Host names whose root is the mount too. */
  readonly hosts: readonly string[];
  /** Two processes with the same digest decide alike. */
  readonly policyDigest: string;
};
/** `ApiDetail` of the document. */
export type ApiDetail = {
  readonly slug: string;
  /** The profile whose answers its clients get. */
  readonly profile: string;
  /** The address below which its clients find it. */
  readonly mount: string;
  /** Host names whose root is the mount too. */
  readonly hosts: readonly string[];
  /** Two processes with the same digest decide alike. */
  readonly policyDigest: string;
  readonly scopes: readonly {
    readonly name: string;
    readonly title: string;
  }[];
  /** The ways to authenticate that it takes. */
  readonly schemes: readonly string[];
  /** Lowest first. */
  readonly plans: readonly string[];
  /** As whose own customers see the dashboard; null: as Latchkey's. */
  readonly branding: {
    readonly name: string;
    /** `https:`, or a `data:` image. */
    readonly logoUrl: string | null;
    /** `#rrggbb`. */
    readonly colour: string | null;
    /** The colour, or what of it has the contrast that WCAG 2.2 AA asks for. */
    readonly accents: {
      readonly light: {
        /** White text on it is read on light pages. */
        readonly fill: string;
        /** As text it is read on light pages. */
        readonly text: string;
      };
      readonly dark: {
        /** White text on it is read on dark pages. */
        readonly fill: string;
        /** As text it is read on dark pages. */
        readonly text: string;
      };
    } | null;
  } | null;
  /** Whether it has an authorization server. */
  readonly hasOAuth: boolean;
};
/** `ApiKey` of the document. */
export type ApiKey = {
  readonly id: string;
  readonly accountId: string;
  /** `rotated`: it has a successor, and works until `expiresAt`. */
  readonly status: "active" | "rotated" | "expired" | "revoked";
  /** When it was issued. */
  readonly createdAt: string;
  /** When it ends; for a rotated key, when its overlap does. */
  readonly expiresAt: string | null;
  /** When it was revoked. */
  readonly revokedAt: string | null;
  /** Last allowed request, to the minute. */
  readonly lastUsedAt: string | null;
  readonly userId: string | null;
  readonly name: string;
  /** The key's first characters. */
  readonly prefix: string;
  /** The key's last characters. */
  readonly lastFour: string;
  readonly scopes: readonly string[];
  readonly mode: "live" | "test";
  readonly allowedIps: readonly string[];
  /** Replace all windows that the policy has for keys; null: the policy's. */
  readonly limits: readonly unknown[] | null;
  readonly signing: "off" | "optional" | "required";
  /** When its successor was issued. */
  readonly rotatedAt: string | null;
  readonly successorId: string | null;
  /** The first key of its chain of rotations. */
  readonly lineageId: string;
  /** When it is refused for a moment, so that who still uses it is noticed. */
  readonly brownOuts: readonly string[];
};
/** `ApiKeyList` of the document. */
export type ApiKeyList = {
  readonly data: readonly ApiKey[];
  /** Null on the last page. */
  readonly nextCursor: string | null;
};
/** `ApiList` of the document. */
export type ApiList = {
  readonly data: readonly Api[];
};
/** `Application` of the document. */
export type Application = {
  readonly id: string;
  /** `client_id` on the wire; the same as `id`. */
  readonly clientId: string;
  readonly accountId: string;
  readonly name: string;
  /** `platform`: its id and secret open the API by themselves. */
  readonly kind: "oauth" | "platform";
  /** `public`: it can keep no secret, and gets none. */
  readonly type: "confidential" | "public";
  readonly redirectUris: readonly string[];
  readonly scopes: readonly string[];
  readonly permissions: readonly string[];
  readonly accessTokenFormat: "opaque" | "jwt";
  /** Whether users are sent with a challenge: always when `public`. */
  readonly pkce: "required" | "optional";
  /** What a rejected application sends is refused. */
  readonly status: "pending" | "verified" | "rejected";
  readonly logo: string | null;
  readonly homePage: string | null;
  /** Kept for the API; Latchkey reads none. */
  readonly settings: {
    /** Where people go after booking. */
    readonly bookingRedirectUri: string | null;
    /** Where people go after cancelling. */
    readonly bookingCancelRedirectUri: string | null;
    /** Where people go after rescheduling. */
    readonly bookingRescheduleRedirectUri: string | null;
    readonly areEmailsEnabled: boolean;
    readonly areDefaultEventTypesEnabled: boolean;
    readonly areCalendarEventsEnabled: boolean;
  };
  /** How it takes part in sign-outs. */
  readonly logout: {
    /** Where users may be sent once they are signed out; compared exactly. */
    readonly postLogoutRedirectUris: readonly string[];
    /** Told when a user is signed out; null: nothing is. */
    readonly backchannelLogoutUri: string | null;
    /** Whether it has to hear which sign-in ended (`sid`). */
    readonly backchannelLogoutSessionRequired: boolean;
  };
  /** From old to new; at most two live. */
  readonly secrets: readonly {
    readonly id: string;
    /** The secret's last characters. */
    readonly lastFour: string;
    /** When it was made. */
    readonly createdAt: string;
    /** When its overlap ends; null: it is the newest. */
    readonly endsAt: string | null;
    readonly brownOuts: readonly string[];
  }[];
  /** When it was registered. */
  readonly createdAt: string;
  /** When it was revoked. */
  readonly revokedAt: string | null;
};
/** `ApplicationList` of the document. */
export type ApplicationList = {
  readonly data: readonly Application[];
  /** Null on the last page. */
  readonly nextCursor: string | null;
};
/** `BrandingAnswer` of the document. */
export type BrandingAnswer = {
  /** As whose own customers see the dashboard; null: as Latchkey's. */
  readonly branding: {
    readonly name: string;
    /** `https:`, or a `data:` image. */
    readonly logoUrl: string | null;
    /** `#rrggbb`. */
    readonly colour: string | null;
    /** The colour, or what of it has the contrast that WCAG 2.2 AA asks for. */
    readonly accents: {
      readonly light: {
        /** White text on it is read on light pages. */
        readonly fill: string;
        /** As text it is read on light pages. */
        readonly text: string;
      };
      readonly dark: {
        /** White text on it is read on dark pages. */
        readonly fill: string;
        /** As text it is read on dark pages. */
        readonly text: string;
      };
    } | null;
  } | null;
};
/** `CustomerRequest` of the document. */
export type CustomerRequest = {
  readonly id: string;
  readonly accountId: string;
  /** A higher limit, or that an application is verified. */
  readonly kind: "limit" | "verification";
  /**
   * In words, or with members. Approving a `verification` verifies `applicationId`;
   * approving a `limit` gives the API key `credentialId` the `limits`. Other members
   * are for people. Words that could be secrets are masked.
   */
  readonly detail: unknown;
  /** `open` until it is decided, once. */
  readonly status: "open" | "approved" | "declined";
  /** What the operator said to it. */
  readonly note: string | null;
  /** When it was asked. */
  readonly createdAt: string;
  /** When it was decided; null: not yet. */
  readonly decidedAt: string | null;
};
/** `CustomerRequestList` of the document. */
export type CustomerRequestList = {
  readonly data: readonly CustomerRequest[];
  /** Null on the last page. */
  readonly nextCursor: string | null;
};
/** `Decision` of the document. */
export type Decision = {
  readonly outcome: "allow" | "deny";
  /** The status that the profile answers with. */
  readonly status: number;
  /** Why it was refused. */
  readonly reason?:
    | "path_malformed"
    | "header_duplicated"
    | "api_version_unsupported"
    | "endpoint_unknown"
    | "transport_insecure"
    | "credential_missing"
    | "credential_malformed"
    | "credential_ambiguous"
    | "credential_unknown"
    | "credential_browned_out"
    | "credential_expired"
    | "credential_revoked"
    | "secret_wrong"
    | "client_id_missing"
    | "client_secret_missing"
    | "token_malformed"
    | "token_algorithm_refused"
    | "token_audience_refused"
    | "token_issuer_missing"
    | "token_key_missing"
    | "token_expiry_missing"
    | "token_expired"
    | "token_lifetime_exceeded"
    | "token_not_yet_valid"
    | "token_subject_missing"
    | "token_subject_unknown"
    | "signature_missing"
    | "signature_invalid"
    | "signature_key_mismatch"
    | "signature_replayed"
    | "dpop_proof_missing"
    | "dpop_proof_invalid"
    | "dpop_token_unbound"
    | "origin_refused"
    | "organization_headers_incomplete"
    | "organization_mismatch"
    | "principal_kind_refused"
    | "account_missing"
    | "account_unknown"
    | "account_mismatch"
    | "entitlement_missing"
    | "plan_insufficient"
    | "address_throttled"
    | "account_suspended"
    | "address_not_allowed"
    | "scope_insufficient"
    | "rate_limited"
    | "counters_unavailable"
    | "one_time_unavailable"
    | "source_unavailable";
  readonly principal?: Principal;
  readonly limit?: Limit;
  readonly response: {
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
    /** The exact text, or null. */
    readonly body: string | null;
  };
  readonly trace?: readonly {
    readonly step: string;
    readonly outcome: "passed" | "refused" | "skipped";
    readonly detail: string;
    /** When it was looked at. */
    readonly at: string;
  }[];
};
/** `Decisions` of the document. */
export type Decisions = {
  readonly decisions: readonly Decision[];
};
/** `DeviceList` of the document. */
export type DeviceList = {
  readonly data: readonly {
    readonly id: string;
    readonly name: string;
    readonly address: string | null;
    /** When it signed in. */
    readonly createdAt: string;
    /** When it was last used, to the minute. */
    readonly lastSeenAt: string;
    /** It is the one that asks. */
    readonly current: boolean;
  }[];
};
/** `Error` of the document. */
export type ErrorAnswer = {
  readonly error: {
    /** Stable; meant for programs. */
    readonly code:
      | "INVALID_REQUEST"
      | "INVALID_JSON"
      | "INVALID_CURSOR"
      | "UNAUTHORIZED"
      | "SIGN_IN_REFUSED"
      | "PROXY_NOT_TRUSTED"
      | "FORBIDDEN"
      | "CSRF_TOKEN_INVALID"
      | "FRESH_PROOF_REQUIRED"
      | "NOT_FOUND"
      | "LINK_INVALID"
      | "METHOD_NOT_ALLOWED"
      | "REQUEST_TIMEOUT"
      | "CONFLICT"
      | "ROTATION_IN_PROGRESS"
      | "PAYLOAD_TOO_LARGE"
      | "UNSUPPORTED_MEDIA_TYPE"
      | "IDEMPOTENCY_KEY_REUSED"
      | "TRY_LATER"
      | "HEADERS_TOO_LARGE"
      | "INTERNAL"
      | "MAIL_NOT_SENT"
      | "STORE_UNAVAILABLE";
    /** For people; may change. */
    readonly message: string;
    /** Finds the call in logs and events. */
    readonly requestId: string;
    readonly details?: {
      /** The wrong member or parameter. */
      readonly field?: string;
    } & Readonly<Record<string, unknown>>;
  };
};
/** `Event` of the document. */
export type Event = {
  readonly id: string;
  readonly type: string;
  /** When it happened. */
  readonly at: string;
  readonly actor: {
    readonly kind: "operator" | "user" | "portal" | "credential" | "system" | "anonymous";
    readonly id: string | null;
  };
  readonly accountId: string | null;
  readonly credentialId: string | null;
  readonly requestId: string | null;
  /** The client's address. */
  readonly address: string | null;
  readonly detail: Readonly<Record<string, unknown>>;
  /** How many alike this line stands for. */
  readonly count: number;
};
/** `EventList` of the document. */
export type EventList = {
  readonly data: readonly Event[];
  /** Null on the last page. */
  readonly nextCursor: string | null;
};
/** `Explanation` of the document. */
export type Explanation = {
  readonly decision: Decision;
  readonly request: {
    readonly method: string;
    /** Below the mount, without the query. */
    readonly path: string;
    readonly credentials: readonly string[];
  };
  /** What the deny reason says. */
  readonly meaning: string | null;
  /** What usually helps. */
  readonly remedy: string | null;
  readonly mistakes: readonly string[];
  readonly warnings: readonly string[];
};
/** `Findings` of the document. */
export type Findings = {
  /** API keys that are in use and not rotated. */
  readonly live: number;
  /** Of those, issued 90 days ago or earlier, and not rotated since. */
  readonly old: number;
  /** Not used for 90 days. */
  readonly unused: number;
  /** Expire within 14 days. */
  readonly expiring: number;
  /** Have neither allowed addresses nor an expiry. */
  readonly unrestricted: number;
};
/** `Grant` of the document. */
export type Grant = {
  readonly id: string;
  /** Who approved. */
  readonly userId: string;
  /** The account that the application reaches by it. */
  readonly accountId: string;
  readonly applicationId: string;
  readonly scopes: readonly string[];
  readonly status: "active" | "expired" | "revoked";
  /** When it was approved. */
  readonly createdAt: string;
  /** When a token was last issued by it. */
  readonly lastUsedAt: string | null;
  /** When it ends by itself. */
  readonly expiresAt: string;
  /** When it was revoked. */
  readonly revokedAt: string | null;
};
/** `GrantList` of the document. */
export type GrantList = {
  readonly data: readonly Grant[];
  /** Null on the last page. */
  readonly nextCursor: string | null;
};
/** `Health` of the document. */
export type Health = {
  readonly status: "ok";
};
/** `Invitation` of the document. */
export type Invitation = {
  /** The invitation, where no mail server is set to send it. */
  readonly link?: string;
};
/** `InvitedOperator` of the document. */
export type InvitedOperator = {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly role: "viewer" | "admin" | "owner";
  readonly apis: readonly string[] | null;
  /** The invitation was taken up. */
  readonly active: boolean;
  /** When they were invited. */
  readonly createdAt: string;
  /** The invitation, where no mail server is set to send it. */
  readonly link?: string;
};
/** `IssuedApiKey` of the document. */
export type IssuedApiKey = {
  readonly id: string;
  readonly accountId: string;
  /** `rotated`: it has a successor, and works until `expiresAt`. */
  readonly status: "active" | "rotated" | "expired" | "revoked";
  /** When it was issued. */
  readonly createdAt: string;
  /** When it ends; for a rotated key, when its overlap does. */
  readonly expiresAt: string | null;
  /** When it was revoked. */
  readonly revokedAt: string | null;
  /** Last allowed request, to the minute. */
  readonly lastUsedAt: string | null;
  readonly userId: string | null;
  readonly name: string;
  /** The key's first characters. */
  readonly prefix: string;
  /** The key's last characters. */
  readonly lastFour: string;
  readonly scopes: readonly string[];
  readonly mode: "live" | "test";
  readonly allowedIps: readonly string[];
  /** Replace all windows that the policy has for keys; null: the policy's. */
  readonly limits: readonly unknown[] | null;
  readonly signing: "off" | "optional" | "required";
  /** When its successor was issued. */
  readonly rotatedAt: string | null;
  readonly successorId: string | null;
  /** The first key of its chain of rotations. */
  readonly lineageId: string;
  /** When it is refused for a moment, so that who still uses it is noticed. */
  readonly brownOuts: readonly string[];
  /** The key: shown here and never again. */
  readonly key: string;
  /** What its requests are signed with: shown here and never again. */
  readonly signingSecret?: string;
};
/** `IssuedApplication` of the document. */
export type IssuedApplication = {
  readonly id: string;
  /** `client_id` on the wire; the same as `id`. */
  readonly clientId: string;
  readonly accountId: string;
  readonly name: string;
  /** `platform`: its id and secret open the API by themselves. */
  readonly kind: "oauth" | "platform";
  /** `public`: it can keep no secret, and gets none. */
  readonly type: "confidential" | "public";
  readonly redirectUris: readonly string[];
  readonly scopes: readonly string[];
  readonly permissions: readonly string[];
  readonly accessTokenFormat: "opaque" | "jwt";
  /** Whether users are sent with a challenge: always when `public`. */
  readonly pkce: "required" | "optional";
  /** What a rejected application sends is refused. */
  readonly status: "pending" | "verified" | "rejected";
  readonly logo: string | null;
  readonly homePage: string | null;
  /** Kept for the API; Latchkey reads none. */
  readonly settings: {
    /** Where people go after booking. */
    readonly bookingRedirectUri: string | null;
    /** Where people go after cancelling. */
    readonly bookingCancelRedirectUri: string | null;
    /** Where people go after rescheduling. */
    readonly bookingRescheduleRedirectUri: string | null;
    readonly areEmailsEnabled: boolean;
    readonly areDefaultEventTypesEnabled: boolean;
    readonly areCalendarEventsEnabled: boolean;
  };
  /** How it takes part in sign-outs. */
  readonly logout: {
    /** Where users may be sent once they are signed out; compared exactly. */
    readonly postLogoutRedirectUris: readonly string[];
    /** Told when a user is signed out; null: nothing is. */
    readonly backchannelLogoutUri: string | null;
    /** Whether it has to hear which sign-in ended (`sid`). */
    readonly backchannelLogoutSessionRequired: boolean;
  };
  /** From old to new; at most two live. */
  readonly secrets: readonly {
    readonly id: string;
    /** The secret's last characters. */
    readonly lastFour: string;
    /** When it was made. */
    readonly createdAt: string;
    /** When its overlap ends; null: it is the newest. */
    readonly endsAt: string | null;
    readonly brownOuts: readonly string[];
  }[];
  /** When it was registered. */
  readonly createdAt: string;
  /** When it was revoked. */
  readonly revokedAt: string | null;
  /** The secret: shown here and never again. */
  readonly clientSecret?: string;
};
/** `IssuedJwtSecret` of the document. */
export type IssuedJwtSecret = {
  readonly id: string;
  readonly accountId: string;
  /** `rotated`: it has a successor, and works until `expiresAt`. */
  readonly status: "active" | "rotated" | "expired" | "revoked";
  /** When it was issued. */
  readonly createdAt: string;
  /** When it ends; for a rotated key, when its overlap does. */
  readonly expiresAt: string | null;
  /** When it was revoked. */
  readonly revokedAt: string | null;
  /** Last allowed request, to the minute. */
  readonly lastUsedAt: string | null;
  /** `iss` of its tokens. */
  readonly issuer: string;
  /** Most that a token may have. */
  readonly scopes: readonly string[];
  /** From old to new; at most two live. Never the secrets themselves. */
  readonly secrets: readonly {
    readonly id: string;
    /** When it was made. */
    readonly createdAt: string;
    /** When its overlap ends; null: it is the newest. */
    readonly endsAt: string | null;
    /** When it is refused for a moment, so that who still uses it is noticed. */
    readonly brownOuts: readonly string[];
  }[];
  /** The secret, whose UTF-8 bytes sign: shown here and never again. */
  readonly secret: string;
};
/** `IssuedOperatorToken` of the document. */
export type IssuedOperatorToken = {
  readonly id: string;
  readonly name: string;
  /**
   * viewer: reads; verifier: decides; admin: all but operator tokens; owner:
   * everything.
   */
  readonly role: "viewer" | "verifier" | "admin" | "owner";
  /** Slugs; null: every API. */
  readonly apis: readonly string[] | null;
  /** When it was made. */
  readonly createdAt: string;
  /** When it was revoked. */
  readonly revokedAt: string | null;
  /** The secret: shown here and never again. */
  readonly token: string;
};
/** `IssuedOrganizationKey` of the document. */
export type IssuedOrganizationKey = {
  readonly id: string;
  readonly accountId: string;
  /** `rotated`: it has a successor, and works until `expiresAt`. */
  readonly status: "active" | "rotated" | "expired" | "revoked";
  /** When it was issued. */
  readonly createdAt: string;
  /** When it ends; for a rotated key, when its overlap does. */
  readonly expiresAt: string | null;
  /** When it was revoked. */
  readonly revokedAt: string | null;
  /** Last allowed request, to the minute. */
  readonly lastUsedAt: string | null;
  readonly name: string;
  /** What requests name it by; no secret. */
  readonly appKey: string;
  /** From old to new; at most two live. Never the secrets themselves. */
  readonly secrets: readonly {
    readonly id: string;
    /** When it was made. */
    readonly createdAt: string;
    /** When its overlap ends; null: it is the newest. */
    readonly endsAt: string | null;
    /** When it is refused for a moment, so that who still uses it is noticed. */
    readonly brownOuts: readonly string[];
  }[];
  /** The secret, whose UTF-8 bytes sign: shown here and never again. */
  readonly appSecret: string;
};
/** `IssuedSigningKey` of the document. */
export type IssuedSigningKey = {
  readonly id: string;
  readonly accountId: string;
  /** `rotated`: it has a successor, and works until `expiresAt`. */
  readonly status: "active" | "rotated" | "expired" | "revoked";
  /** When it was issued. */
  readonly createdAt: string;
  /** When it ends; for a rotated key, when its overlap does. */
  readonly expiresAt: string | null;
  /** When it was revoked. */
  readonly revokedAt: string | null;
  /** Last allowed request, to the minute. */
  readonly lastUsedAt: string | null;
  readonly name: string;
  /** How its tokens are signed; a token cannot choose. */
  readonly algorithm: "ES256" | "EdDSA" | "RS256";
  /** PEM. */
  readonly publicKey: string;
  /** The pair was made elsewhere. */
  readonly brought: boolean;
  /** When its successor was issued. */
  readonly rotatedAt: string | null;
  readonly successorId: string | null;
  /** The first key of its chain of rotations. */
  readonly lineageId: string;
  /** When it is refused for a moment, so that who still uses it is noticed. */
  readonly brownOuts: readonly string[];
  /** PKCS #8 in PEM, absent for a brought key: shown here and never again. */
  readonly privateKey?: string;
};
/** `IssuedWebhookEndpoint` of the document. */
export type IssuedWebhookEndpoint = {
  readonly id: string;
  /** Whose events it gets; null: of all accounts. */
  readonly accountId: string | null;
  /** It gets this application's events alone. */
  readonly applicationId: string | null;
  readonly url: string;
  readonly description: string | null;
  readonly events: readonly string[];
  /** How deliveries are written and signed; the API's policy says it. */
  readonly format: "standard" | "savvycal" | "calcom";
  readonly payloadTemplate: string | null;
  readonly version: string | null;
  readonly strictOrder: boolean;
  readonly parallel: number;
  readonly status: "active" | "disabled" | "revoked";
  /** From old to new; deliveries are signed with all that have not ended. */
  readonly secrets: readonly {
    readonly id: string;
    /** Verifies `v1a` signatures: an Ed25519 key in base64. */
    readonly publicKey: string | null;
    /** When it was made. */
    readonly createdAt: string;
    /** When its overlap ends; null: it is the newest. */
    readonly endsAt: string | null;
  }[];
  /** When it was made. */
  readonly createdAt: string;
  /** Since when it gets nothing. */
  readonly disabledAt: string | null;
  /** `gone`: it answered 410. `failing`: nothing arrived for five days. */
  readonly disabledReason: "gone" | "failing" | "operator" | null;
  /** The first failure after which nothing arrived. */
  readonly failingSince: string | null;
  /** When it was revoked. */
  readonly revokedAt: string | null;
  /** The secret: shown here and never again. Null: none signs. */
  readonly secret: string | null;
};
/** `IssuerKey` of the document. */
export type IssuerKey = {
  /** The `kid` of what it signs. */
  readonly id: string;
  /** ES256 signs access tokens, RS256 most ID tokens. */
  readonly algorithm: "ES256" | "RS256";
  /** `next` is published before it signs; `retired` until what it signed has expired. */
  readonly status: "next" | "current" | "retired";
  /** A JWK. */
  readonly publicKey: Readonly<Record<string, string>>;
  /** When it was made and published. */
  readonly createdAt: string;
  /** When it signed last; null: it will, or does. */
  readonly retiredAt: string | null;
};
/** `IssuerKeyList` of the document. */
export type IssuerKeyList = {
  readonly data: readonly IssuerKey[];
};
/** `JwtSecret` of the document. */
export type JwtSecret = {
  readonly id: string;
  readonly accountId: string;
  /** `rotated`: it has a successor, and works until `expiresAt`. */
  readonly status: "active" | "rotated" | "expired" | "revoked";
  /** When it was issued. */
  readonly createdAt: string;
  /** When it ends; for a rotated key, when its overlap does. */
  readonly expiresAt: string | null;
  /** When it was revoked. */
  readonly revokedAt: string | null;
  /** Last allowed request, to the minute. */
  readonly lastUsedAt: string | null;
  /** `iss` of its tokens. */
  readonly issuer: string;
  /** Most that a token may have. */
  readonly scopes: readonly string[];
  /** From old to new; at most two live. Never the secrets themselves. */
  readonly secrets: readonly {
    readonly id: string;
    /** When it was made. */
    readonly createdAt: string;
    /** When its overlap ends; null: it is the newest. */
    readonly endsAt: string | null;
    /** When it is refused for a moment, so that who still uses it is noticed. */
    readonly brownOuts: readonly string[];
  }[];
};
/** `JwtSecretList` of the document. */
export type JwtSecretList = {
  readonly data: readonly JwtSecret[];
  /** Null on the last page. */
  readonly nextCursor: string | null;
};
/** `LeakedKey` of the document. */
export type LeakedKey = {
  /** `unknown`: no key of this API; `reported`: it works on, and its account is told. */
  readonly status: "unknown" | "reported" | "revoked";
  readonly credentialId: string | null;
  readonly accountId: string | null;
  /** When it ended, now or before. */
  readonly revokedAt: string | null;
};
/** `Lease` of the document. */
export type Lease = {
  /** It counts once every change up to here is applied. */
  readonly head: number;
  /** 0: nothing was granted. */
  readonly leaseSeconds: number;
  /** When the verifier may tell again how far it has come. */
  readonly tellAfterMillis: number;
};
/** `Limit` of the document. */
export type Limit = {
  readonly name: string;
  readonly limit: number;
  readonly remaining: number;
  /** When the whole limit is available again. */
  readonly resetAt: string;
  readonly windows: readonly {
    readonly name: string;
    readonly limit: number;
    readonly remaining: number;
    /** When the whole limit is available again. */
    readonly resetAt: string;
    readonly windowSeconds: number;
  }[];
  /** Which process counted. */
  readonly decidedBy: "local" | "server" | "redis" | "lease";
};
/** `LinkView` of the document. */
export type LinkView = {
  readonly kind: "setup" | "invitation" | "reset" | "portal";
  readonly email?: string;
  readonly name?: string;
  readonly api?: string;
};
/** `NewTotp` of the document. */
export type NewTotp = {
  /** For typing it in; shown here and never again. */
  readonly secret: string;
  /** `otpauth:` URI, for a QR code. */
  readonly uri: string;
};
/** `Operator` of the document. */
export type Operator = {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly role: "viewer" | "admin" | "owner";
  readonly apis: readonly string[] | null;
  /** The invitation was taken up. */
  readonly active: boolean;
  /** When they were invited. */
  readonly createdAt: string;
};
/** `OperatorList` of the document. */
export type OperatorList = {
  readonly data: readonly Operator[];
  /** Null on the last page. */
  readonly nextCursor: string | null;
};
/** `OperatorToken` of the document. */
export type OperatorToken = {
  readonly id: string;
  readonly name: string;
  /**
   * viewer: reads; verifier: decides; admin: all but operator tokens; owner:
   * everything.
   */
  readonly role: "viewer" | "verifier" | "admin" | "owner";
  /** Slugs; null: every API. */
  readonly apis: readonly string[] | null;
  /** When it was made. */
  readonly createdAt: string;
  /** When it was revoked. */
  readonly revokedAt: string | null;
};
/** `OperatorTokenList` of the document. */
export type OperatorTokenList = {
  readonly data: readonly OperatorToken[];
  /** Null on the last page. */
  readonly nextCursor: string | null;
};
/** `OrganizationKey` of the document. */
export type OrganizationKey = {
  readonly id: string;
  readonly accountId: string;
  /** `rotated`: it has a successor, and works until `expiresAt`. */
  readonly status: "active" | "rotated" | "expired" | "revoked";
  /** When it was issued. */
  readonly createdAt: string;
  /** When it ends; for a rotated key, when its overlap does. */
  readonly expiresAt: string | null;
  /** When it was revoked. */
  readonly revokedAt: string | null;
  /** Last allowed request, to the minute. */
  readonly lastUsedAt: string | null;
  readonly name: string;
  /** What requests name it by; no secret. */
  readonly appKey: string;
  /** From old to new; at most two live. Never the secrets themselves. */
  readonly secrets: readonly {
    readonly id: string;
    /** When it was made. */
    readonly createdAt: string;
    /** When its overlap ends; null: it is the newest. */
    readonly endsAt: string | null;
    /** When it is refused for a moment, so that who still uses it is noticed. */
    readonly brownOuts: readonly string[];
  }[];
};
/** `OrganizationKeyList` of the document. */
export type OrganizationKeyList = {
  readonly data: readonly OrganizationKey[];
  /** Null on the last page. */
  readonly nextCursor: string | null;
};
/** `Overview` of the document. */
export type Overview = {
  /** The first instant that is counted, at the start of an hour. */
  readonly from: string;
  /** The first instant that is not. */
  readonly to: string;
  /** From old to new; hours without a request are left out. */
  readonly hours: readonly {
    /** The start of the hour. */
    readonly hour: string;
    readonly allowed: number;
    readonly refused: number;
  }[];
  /** Most frequent first, of the newest 50,000 lines. */
  readonly refusals: readonly {
    readonly reason: string;
    readonly count: number;
  }[];
  /** The busiest ten. */
  readonly credentials: readonly {
    readonly credentialId: string;
    readonly accountId: string;
    readonly name: string | null;
    readonly allowed: number;
    readonly refused: number;
  }[];
  readonly latency: {
    /** All of them; null when there is none. */
    readonly whole: {
      /** Decisions whose time is known. */
      readonly decisions: number;
      /** Half of them took no longer; to a tenth. */
      readonly p50Micros: number;
      readonly p95Micros: number;
      readonly p99Micros: number;
    } | null;
    /** 1, or 24 where more than 72 hours are asked for. */
    readonly stepHours: number;
    /** From old to new; steps without a timed decision are left out. */
    readonly steps: readonly {
      /** The start of the step. */
      readonly from: string;
      /** Decisions whose time is known. */
      readonly decisions: number;
      /** Half of them took no longer; to a tenth. */
      readonly p50Micros: number;
      readonly p95Micros: number;
      readonly p99Micros: number;
    }[];
  };
  /** The slowest ten by the mean, of those with ten timed decisions or more. */
  readonly slowest: readonly {
    readonly credentialId: string;
    readonly accountId: string;
    readonly name: string | null;
    /** Those whose time is known. */
    readonly decisions: number;
    readonly meanMicros: number;
    readonly maxMicros: number;
  }[];
};
/** `Passkey` of the document. */
export type Passkey = {
  readonly id: string;
  readonly name: string;
  /** When it was added. */
  readonly createdAt: string;
  /** When it last signed in. */
  readonly lastUsedAt: string | null;
};
/** `PasskeyList` of the document. */
export type PasskeyList = {
  readonly data: readonly Passkey[];
};
/** `PasskeyOptions` of the document. */
export type PasskeyOptions = {
  readonly options: Readonly<Record<string, unknown>>;
};
/** `PolicyVersion` of the document. */
export type PolicyVersion = {
  /** Counts from 1 in each API. */
  readonly version: number;
  /** Two processes with the same digest decide alike. */
  readonly digest: string;
  /** When a process first started with it. */
  readonly recordedAt: string;
  /** The whole policy, completed by its profile. */
  readonly policy: Readonly<Record<string, unknown>>;
};
/** `PolicyVersionList` of the document. */
export type PolicyVersionList = {
  readonly data: readonly PolicyVersion[];
};
/** `PortalSession` of the document. */
export type PortalSession = {
  /** Opens the dashboard once; shown here and never again. */
  readonly url: string;
  /** Until when it opens. */
  readonly expiresAt: string;
};
/** `Principal` of the document. */
export type Principal = {
  readonly kind: "account" | "user" | "platform" | "managed-user" | "application" | "anonymous";
  readonly accountId: string | null;
  readonly userId: string | null;
  readonly subject: string | null;
  readonly applicationId: string | null;
  readonly actor: {
    readonly kind: "platform" | "organization" | "application";
    readonly id: string;
  } | null;
  readonly scopes: readonly string[];
  readonly plan: string | null;
  readonly mode: "live" | "test" | null;
  readonly credentialId: string | null;
  readonly scheme: string;
};
/** `Proof` of the document. */
export type Proof = {
  /** Until when secrets are issued without a new proof. */
  readonly freshUntil: string;
};
/** `PublishedEvent` of the document. */
export type PublishedEvent = {
  /** `webhook-id` of its deliveries. */
  readonly id: string;
  /** How many endpoints get it. */
  readonly endpoints: number;
};
/** `Readiness` of the document. */
export type Readiness = {
  readonly status: "ready" | "unavailable";
  readonly checks: Readonly<Record<string, "ok" | "unavailable">>;
};
/** `ReasonList` of the document. */
export type ReasonList = {
  readonly data: readonly {
    readonly reason: string;
    /** Decides what the caller sees. */
    readonly class: string;
    readonly meaning: string;
    readonly remedy: string;
  }[];
};
/** `RecoveryCodes` of the document. */
export type RecoveryCodes = {
  readonly recoveryCodes: readonly string[];
};
/** `Resolutions` of the document. */
export type Resolutions = {
  readonly answers: readonly {
    /** Every change up to here is in the answer. */
    readonly asOf: number;
    readonly credential?: Readonly<Record<string, unknown>>;
    readonly account?: Readonly<Record<string, unknown>>;
    readonly user?: Readonly<Record<string, unknown>>;
    readonly material?: Readonly<Record<string, unknown>>;
    readonly signature?: Readonly<Record<string, unknown>>;
  }[];
};
/** `RetriedDeliveries` of the document. */
export type RetriedDeliveries = {
  /** How many are sent once more. */
  readonly retried: number;
  /** There are more: call again, with `nextCursor`. */
  readonly more: boolean;
  /** Null when there are no more. */
  readonly nextCursor: string | null;
};
/** `RevocationReceipt` of the document. */
export type RevocationReceipt = {
  /** When it was first revoked. */
  readonly revokedAt: string;
  /** When the last verifier had applied it; null: not yet. */
  readonly confirmedAt: string | null;
  /** After this instant nobody accepts the credential. */
  readonly boundAt: string;
  readonly verifiers: {
    readonly confirmed: number;
    readonly pending: number;
  };
};
/** `Session` of the document. */
export type Session = {
  /** `portal`: by a link of the API's own product. */
  readonly kind: "operator" | "user" | "portal";
  readonly person: {
    readonly id: string;
    readonly name: string | null;
    readonly email: string | null;
  } | null;
  /** Of an operator, or in the account. */
  readonly role: "viewer" | "verifier" | "admin" | "owner" | "member" | null;
  /** Null for operators. */
  readonly api: string | null;
  /** What calls that name no account are about. */
  readonly accountId: string | null;
  readonly accounts: readonly {
    readonly id: string;
    readonly name: string;
    readonly role: "owner" | "admin" | "member" | null;
  }[];
  /** What a customer's session may see and change; `write` includes `read`. */
  readonly capabilities: readonly (
    | "api-keys:read"
    | "api-keys:write"
    | "signing-keys:read"
    | "signing-keys:write"
    | "applications:read"
    | "applications:write"
    | "webhooks:read"
    | "webhooks:write"
    | "usage:read"
    | "usage:write"
    | "security:read"
    | "security:write"
  )[];
  /** Where a portal link leads back to. */
  readonly returnUrl: string | null;
  /** What every write sends as `X-CSRF-Token`. */
  readonly csrfToken: string;
  /** Until when secrets are issued without a new proof. */
  readonly freshUntil: string | null;
  /** When it ends unless it is used. */
  readonly expiresAt: string;
  readonly factors: {
    readonly password: boolean;
    readonly totp: boolean;
    readonly passkeys: number;
    readonly recoveryCodesLeft: number;
  } | null;
};
/** `SignInStep` of the document. */
export type SignInStep = {
  readonly next: "done" | "code";
  readonly session?: Session;
  /** With `code`. */
  readonly methods?: readonly ("totp" | "recovery-code" | "passkey")[];
};
/** `SigningKey` of the document. */
export type SigningKey = {
  readonly id: string;
  readonly accountId: string;
  /** `rotated`: it has a successor, and works until `expiresAt`. */
  readonly status: "active" | "rotated" | "expired" | "revoked";
  /** When it was issued. */
  readonly createdAt: string;
  /** When it ends; for a rotated key, when its overlap does. */
  readonly expiresAt: string | null;
  /** When it was revoked. */
  readonly revokedAt: string | null;
  /** Last allowed request, to the minute. */
  readonly lastUsedAt: string | null;
  readonly name: string;
  /** How its tokens are signed; a token cannot choose. */
  readonly algorithm: "ES256" | "EdDSA" | "RS256";
  /** PEM. */
  readonly publicKey: string;
  /** The pair was made elsewhere. */
  readonly brought: boolean;
  /** When its successor was issued. */
  readonly rotatedAt: string | null;
  readonly successorId: string | null;
  /** The first key of its chain of rotations. */
  readonly lineageId: string;
  /** When it is refused for a moment, so that who still uses it is noticed. */
  readonly brownOuts: readonly string[];
};
/** `SigningKeyList` of the document. */
export type SigningKeyList = {
  readonly data: readonly SigningKey[];
  /** Null on the last page. */
  readonly nextCursor: string | null;
};
/** `Slices` of the document. */
export type Slices = {
  readonly slices: readonly {
    /** Of the requests that waited, those that pass. */
    readonly granted: number;
    /** Requests that may pass until a window ends. */
    readonly lent: number;
    /** Whether one that waited may not pass. */
    readonly exceeded: boolean;
    /** In the order of the limit; milliseconds from now. */
    readonly windows: readonly {
      readonly remaining: number;
      readonly resetMillis: number;
    }[];
    /** Which process counted. */
    readonly decidedBy: "local" | "server" | "redis" | "lease";
    /** The counters are away: all pass, or none does. */
    readonly away?: "uncounted" | "unavailable";
  }[];
};
/** `Usage` of the document. */
export type Usage = {
  /** `others` where memory was too short to tell. */
  readonly accountId: string;
  /** `others` where memory was too short to tell. */
  readonly credentialId: string;
  /** The start of the hour. */
  readonly hour: string;
  readonly outcome: "allow" | "deny";
  readonly count: number;
  /** The newest X-Client-Version that came with these requests. */
  readonly clientVersion: string | null;
  /**
   * How long decisions about this credential took in this hour, whatever their outcome.
   * Absent when none was timed.
   */
  readonly latency?: {
    /** Those whose time is known. */
    readonly decisions: number;
    readonly meanMicros: number;
    readonly maxMicros: number;
  };
};
/** `UsageList` of the document. */
export type UsageList = {
  readonly data: readonly Usage[];
  /** Null on the last page. */
  readonly nextCursor: string | null;
};
/** `User` of the document. */
export type User = {
  readonly id: string;
  /** Unique in its API, counting from 1. */
  readonly number: number;
  readonly name: string | null;
  readonly email: string | null;
  readonly memberships: readonly {
    readonly accountId: string;
    readonly role: "owner" | "admin" | "member";
  }[];
  /** When it was made. */
  readonly createdAt: string;
};
/** `UserList` of the document. */
export type UserList = {
  readonly data: readonly User[];
  /** Null on the last page. */
  readonly nextCursor: string | null;
};
/** `Verifier` of the document. */
export type Verifier = {
  readonly id: string;
  /** Every change up to it is applied there. */
  readonly appliedSeq: number;
  /** Changes that it has not confirmed yet. */
  readonly lag: number;
  /** Whether it may decide by itself now. */
  readonly status: "leased" | "lapsed";
  /** When it was first granted a lease. */
  readonly startedAt: string;
  /** When its lease was last renewed. */
  readonly renewedAt: string;
  /** Until when it may decide by itself. */
  readonly leaseEndsAt: string;
};
/** `VerifierList` of the document. */
export type VerifierList = {
  readonly data: readonly Verifier[];
  /** Null on the last page. */
  readonly nextCursor: string | null;
};
/** `WebhookDelivery` of the document. */
export type WebhookDelivery = {
  readonly id: string;
  readonly endpointId: string;
  /** `webhook-id` of every attempt. */
  readonly eventId: string;
  readonly type: string;
  readonly accountId: string | null;
  readonly applicationId: string | null;
  /** What the event tells. */
  readonly data: Readonly<Record<string, unknown>>;
  /** `dead`: given up. It can be retried. */
  readonly status: "pending" | "delivered" | "dead";
  /** When the event happened. */
  readonly createdAt: string;
  /** When it arrived or was given up. */
  readonly settledAt: string | null;
  /** When the next attempt is due. */
  readonly nextAttemptAt: string | null;
  readonly attemptCount: number;
  /** The last 15, from old to new. */
  readonly attempts: readonly {
    readonly number: number;
    /** When it was sent. */
    readonly at: string;
    readonly durationMillis: number;
    /** Without what nobody else may know. */
    readonly requestHeaders: Readonly<Record<string, unknown>>;
    /** Null: there was no answer. */
    readonly status: number | null;
    /** Without what nobody else may know. */
    readonly responseHeaders: Readonly<Record<string, unknown>>;
    /** The beginning of it. */
    readonly responseBody: string | null;
    /** Null: it arrived. */
    readonly error: string | null;
  }[];
};
/** `WebhookDeliveryList` of the document. */
export type WebhookDeliveryList = {
  readonly data: readonly WebhookDelivery[];
  /** Null on the last page. */
  readonly nextCursor: string | null;
};
/** `WebhookEndpoint` of the document. */
export type WebhookEndpoint = {
  readonly id: string;
  /** Whose events it gets; null: of all accounts. */
  readonly accountId: string | null;
  /** It gets this application's events alone. */
  readonly applicationId: string | null;
  readonly url: string;
  readonly description: string | null;
  readonly events: readonly string[];
  /** How deliveries are written and signed; the API's policy says it. */
  readonly format: "standard" | "savvycal" | "calcom";
  readonly payloadTemplate: string | null;
  readonly version: string | null;
  readonly strictOrder: boolean;
  readonly parallel: number;
  readonly status: "active" | "disabled" | "revoked";
  /** From old to new; deliveries are signed with all that have not ended. */
  readonly secrets: readonly {
    readonly id: string;
    /** Verifies `v1a` signatures: an Ed25519 key in base64. */
    readonly publicKey: string | null;
    /** When it was made. */
    readonly createdAt: string;
    /** When its overlap ends; null: it is the newest. */
    readonly endsAt: string | null;
  }[];
  /** When it was made. */
  readonly createdAt: string;
  /** Since when it gets nothing. */
  readonly disabledAt: string | null;
  /** `gone`: it answered 410. `failing`: nothing arrived for five days. */
  readonly disabledReason: "gone" | "failing" | "operator" | null;
  /** The first failure after which nothing arrived. */
  readonly failingSince: string | null;
  /** When it was revoked. */
  readonly revokedAt: string | null;
};
/** `WebhookEndpointList` of the document. */
export type WebhookEndpointList = {
  readonly data: readonly WebhookEndpoint[];
  /** Null on the last page. */
  readonly nextCursor: string | null;
};

/** What each operation takes and answers. */
export interface Operations {
  /** Add a user to an account, or change its role there */
  addMembership: {
    params: {
      /** The API's slug. */
      readonly api: string;
      readonly id: string;
    };
    body: {
      readonly accountId: string;
      /** `member` when absent. */
      readonly role?: "owner" | "admin" | "member" | undefined;
    };
    answer: User;
  };
  /** Add the passkey that the browser made */
  addPasskey: {
    params: Record<never, never>;
    body: {
      readonly name: string;
      readonly response: Readonly<Record<string, unknown>>;
    };
    answer: Passkey;
  };
  /** Agree to a request, and do what it asks for */
  approveRequest: {
    params: {
      /** The API's slug. */
      readonly api: string;
      readonly id: string;
    };
    body: {
      /** What the customer is told. */
      readonly note?: string | null | undefined;
    };
    answer: CustomerRequest;
  };
  /** Begin with an authenticator app; it counts once its first code is confirmed */
  beginTotp: {
    params: Record<never, never>;
    body: Record<never, never>;
    answer: NewTotp;
  };
  /** Take a rotation back: end the successor, and let the key go on */
  cancelApiKeyRotation: {
    params: {
      /** The API's slug. */
      readonly api: string;
      readonly id: string;
    };
    body: Record<never, never>;
    answer: ApiKey;
  };
  /** Confirm the app by a code of it, and get recovery codes */
  confirmTotp: {
    params: Record<never, never>;
    body: {
      /** Of the app, or a recovery code. */
      readonly code: string;
    };
    answer: RecoveryCodes;
  };
  /** Create an account */
  createAccount: {
    params: {
      /** The API's slug. */
      readonly api: string;
    };
    body: {
      /** An id of your own choice. */
      readonly id?: string | undefined;
      readonly name: string;
      /** `account` when absent. */
      readonly kind?: "account" | "platform" | "organization" | "team" | undefined;
      readonly parentId?: string | null | undefined;
      /** What it has bought. */
      readonly plan?: string | null | undefined;
      /** The account's id in your own system. */
      readonly externalId?: string | null | undefined;
    };
    answer: Account;
  };
  /** Register an application and show the only copy of its secret */
  createApplication: {
    params: {
      /** The API's slug. */
      readonly api: string;
    };
    body: {
      readonly accountId: string;
      readonly name: string;
      /** Compared exactly; those of a platform application may have `*`. */
      readonly redirectUris: readonly string[];
      /** Scopes that users may be asked to approve; none when absent. */
      readonly scopes?: readonly string[] | undefined;
      /** `public`: it can keep no secret, and gets none. */
      readonly type?: "confidential" | "public" | undefined;
      /** `platform`: its id and secret open the API by themselves. */
      readonly kind?: "oauth" | "platform" | undefined;
      /** What a platform application may do by itself; `*`: everything. */
      readonly permissions?: readonly string[] | undefined;
      readonly accessTokenFormat?: "opaque" | "jwt" | undefined;
      /** Whether users are sent with a challenge: always when `public`. */
      readonly pkce?: "required" | "optional" | undefined;
      /** What a rejected application sends is refused. */
      readonly status?: "pending" | "verified" | "rejected" | undefined;
      /** Shown to users. */
      readonly logo?: string | null | undefined;
      /** Shown to users. */
      readonly homePage?: string | null | undefined;
      readonly settings?:
        | {
            /** Where people go after booking. */
            readonly bookingRedirectUri?: string | null | undefined;
            /** Where people go after cancelling. */
            readonly bookingCancelRedirectUri?: string | null | undefined;
            /** Where people go after rescheduling. */
            readonly bookingRescheduleRedirectUri?: string | null | undefined;
            readonly areEmailsEnabled?: boolean | undefined;
            readonly areDefaultEventTypesEnabled?: boolean | undefined;
            readonly areCalendarEventsEnabled?: boolean | undefined;
          }
        | undefined;
      readonly logout?:
        | {
            /** Where users may be sent once they are signed out; compared exactly. */
            readonly postLogoutRedirectUris?: readonly string[] | undefined;
            /** Told when a user is signed out; null: nothing is. */
            readonly backchannelLogoutUri?: string | null | undefined;
            /** Whether it has to hear which sign-in ended (`sid`). */
            readonly backchannelLogoutSessionRequired?: boolean | undefined;
          }
        | undefined;
    };
    answer: IssuedApplication;
  };
  /** Invite somebody to run this installation */
  createOperator: {
    params: Record<never, never>;
    body: {
      readonly email: string;
      readonly name: string;
      readonly role: "viewer" | "admin" | "owner";
      /** Slugs; null: every API. */
      readonly apis?: readonly string[] | null | undefined;
    };
    answer: InvitedOperator;
  };
  /** Make a link that opens an account's dashboard once, within five minutes */
  createPortalSession: {
    params: {
      /** The API's slug. */
      readonly api: string;
    };
    body: {
      readonly accountId: string;
      /** A user of the account, as whom it opens. */
      readonly userId?: string | null | undefined;
      /** What whoever opens it may do; `write` includes `read`. */
      readonly capabilities: readonly (
        | "api-keys:read"
        | "api-keys:write"
        | "signing-keys:read"
        | "signing-keys:write"
        | "applications:read"
        | "applications:write"
        | "webhooks:read"
        | "webhooks:write"
        | "usage:read"
        | "usage:write"
        | "security:read"
        | "security:write"
      )[];
      /** Where it leads back to: of `returnUrls`. */
      readonly returnUrl?: string | null | undefined;
    };
    answer: PortalSession;
  };
  /** Ask for a higher limit, or for an application to be verified */
  createRequest: {
    params: {
      /** The API's slug. */
      readonly api: string;
    };
    body: {
      readonly accountId: string;
      /** A higher limit, or that an application is verified. */
      readonly kind: "limit" | "verification";
      /**
       * In words, or with members. Approving a `verification` verifies `applicationId`;
       * approving a `limit` gives the API key `credentialId` the `limits`. Other members
       * are for people. Words that could be secrets are masked.
       */
      readonly detail:
        | string
        | ({
            readonly applicationId?: string | undefined;
            readonly credentialId?: string | undefined;
            /** Replace all windows that the policy has for keys; null: the policy's. */
            readonly limits?:
              | readonly (
                  | string
                  | {
                      readonly name: string;
                      readonly max: number;
                      readonly windowSeconds: number;
                      readonly blockSeconds?: number | undefined;
                    }
                )[]
              | undefined;
          } & Readonly<Record<string, unknown>>);
    };
    answer: CustomerRequest;
  };
  /** Create a user of an account */
  createUser: {
    params: {
      /** The API's slug. */
      readonly api: string;
    };
    body: {
      /** An id of your own choice. */
      readonly id?: string | undefined;
      /** The first account it belongs to. */
      readonly accountId: string;
      readonly name?: string | null | undefined;
      /** Unique in its API. */
      readonly email?: string | null | undefined;
      /** `member` when absent. */
      readonly role?: "owner" | "admin" | "member" | undefined;
      /** Only its argon2id hash is kept. */
      readonly password?: string | undefined;
    };
    answer: User;
  };
  /** Say where webhooks go, and see the secret that signs them */
  createWebhookEndpoint: {
    params: {
      /** The API's slug. */
      readonly api: string;
    };
    body: {
      /** Whose events it gets; absent: of all accounts. */
      readonly accountId?: string | null | undefined;
      /** It gets this application's events alone. */
      readonly applicationId?: string | null | undefined;
      /** https or http, on the public Internet; no user name, no fragment. */
      readonly url: string;
      /** Types of events, `prefix.*`, or `*` for all. */
      readonly events: readonly string[];
      readonly description?: string | null | undefined;
      /** Your own: `whsec_` and the base64 of 24 to 64 bytes, or 24 to 128 characters. */
      readonly secret?: string | null | undefined;
      /** The body in your own words: `{{payload.title}}`. Only in the format `calcom`. */
      readonly payloadTemplate?: string | null | undefined;
      /** What deliveries say of their version, where the format does. */
      readonly version?: string | null | undefined;
      /** A failed delivery holds back those after it. */
      readonly strictOrder?: boolean | undefined;
      /** Most requests to it at once. More than one gives up the order. */
      readonly parallel?: number | undefined;
      /** Sign with an Ed25519 key too, which receivers need not hide. */
      readonly asymmetric?: boolean | undefined;
      /** `true` starts one again that was disabled. */
      readonly enabled?: boolean | undefined;
    };
    answer: IssuedWebhookEndpoint;
  };
  /** Refuse a request */
  declineRequest: {
    params: {
      /** The API's slug. */
      readonly api: string;
      readonly id: string;
    };
    body: {
      /** What the customer is told. */
      readonly note?: string | null | undefined;
    };
    answer: CustomerRequest;
  };
  /** Say why a request made with curl is allowed or refused, and what to change */
  explain: {
    params: {
      /** The API's slug. */
      readonly api: string;
    };
    body: {
      /** A curl command as it was pasted; its credential is neither kept nor logged. */
      readonly curl: string;
      /** From where the request came; CIDR rules ask. */
      readonly ip?: string | undefined;
    };
    answer: Explanation;
  };
  /** Read an account */
  getAccount: {
    params: {
      /** The API's slug. */
      readonly api: string;
      readonly id: string;
    };
    body: undefined;
    answer: Account;
  };
  /** Read an API with its scopes, schemes and plans */
  getApi: {
    params: {
      /** The API's slug. */
      readonly api: string;
    };
    body: undefined;
    answer: ApiDetail;
  };
  /** Read a key; never its secret */
  getApiKey: {
    params: {
      /** The API's slug. */
      readonly api: string;
      readonly id: string;
    };
    body: undefined;
    answer: ApiKey;
  };
  /** Read an application; never its secret */
  getApplication: {
    params: {
      /** The API's slug. */
      readonly api: string;
      readonly id: string;
    };
    body: undefined;
    answer: Application;
  };
  /** Read as whose an API's customers are let in */
  getBranding: {
    params: {
      /** The API's slug. */
      readonly api: string;
    };
    body: undefined;
    answer: BrandingAnswer;
  };
  /** Read a delivery with its attempts */
  getDelivery: {
    params: {
      /** The API's slug. */
      readonly api: string;
      readonly id: string;
    };
    body: undefined;
    answer: WebhookDelivery;
  };
  /** Count the live API keys that are old, unused, expiring or unrestricted */
  getFindings: {
    params: {
      readonly accountId?: string | undefined;
      /** The API's slug. */
      readonly api: string;
    };
    body: undefined;
    answer: Findings;
  };
  /** Read that a user approved an application */
  getGrant: {
    params: {
      /** The API's slug. */
      readonly api: string;
      readonly id: string;
    };
    body: undefined;
    answer: Grant;
  };
  /** Whether the process lives */
  getHealth: {
    params: Record<never, never>;
    body: undefined;
    answer: Health;
  };
  /** Read a JWT secret; never its secret */
  getJwtSecret: {
    params: {
      /** The API's slug. */
      readonly api: string;
      readonly id: string;
    };
    body: undefined;
    answer: JwtSecret;
  };
  /** Prometheus text; an operator token unless the peer is loopback */
  getMetrics: {
    params: Record<never, never>;
    body: undefined;
    answer: string;
  };
  /** Ask for the options with which a browser makes a passkey */
  getNewPasskeyOptions: {
    params: Record<never, never>;
    body: Record<never, never>;
    answer: PasskeyOptions;
  };
  /** This document */
  getOpenApi: {
    params: Record<never, never>;
    body: undefined;
    answer: unknown;
  };
  /** Read a organization key; never its secret */
  getOrganizationKey: {
    params: {
      /** The API's slug. */
      readonly api: string;
      readonly id: string;
    };
    body: undefined;
    answer: OrganizationKey;
  };
  /** Requests by hour, refusals by reason, latency, the busiest and slowest credentials */
  getOverview: {
    params: {
      readonly accountId?: string | undefined;
      /** How many hours, the present one included; at most 31 days. */
      readonly hours?: number | undefined;
      /** The API's slug. */
      readonly api: string;
    };
    body: undefined;
    answer: Overview;
  };
  /** Ask for the options with which a browser finds a passkey */
  getPasskeyOptions: {
    params: Record<never, never>;
    body: {
      readonly api?: string | undefined;
    };
    answer: PasskeyOptions;
  };
  /** Whether the store and the counters answer */
  getReadiness: {
    params: Record<never, never>;
    body: undefined;
    answer: Readiness;
  };
  /** Read what a customer asked for */
  getRequest: {
    params: {
      /** The API's slug. */
      readonly api: string;
      readonly id: string;
    };
    body: undefined;
    answer: CustomerRequest;
  };
  /** Read who is signed in with this browser */
  getSession: {
    params: Record<never, never>;
    body: undefined;
    answer: Session;
  };
  /** Read a signing key; never its secret */
  getSigningKey: {
    params: {
      /** The API's slug. */
      readonly api: string;
      readonly id: string;
    };
    body: undefined;
    answer: SigningKey;
  };
  /** Read a user */
  getUser: {
    params: {
      /** The API's slug. */
      readonly api: string;
      readonly id: string;
    };
    body: undefined;
    answer: User;
  };
  /** Read a webhook endpoint; never its secret */
  getWebhookEndpoint: {
    params: {
      /** The API's slug. */
      readonly api: string;
      readonly id: string;
    };
    body: undefined;
    answer: WebhookEndpoint;
  };
  /** Invite an operator again who has not come yet; the invitation before ends */
  inviteOperator: {
    params: {
      readonly id: string;
    };
    body: Record<never, never>;
    answer: Invitation;
  };
  /** Mail a user the link with which they set their password */
  inviteUser: {
    params: {
      /** The API's slug. */
      readonly api: string;
      readonly id: string;
    };
    body: Record<never, never>;
    answer: Invitation;
  };
  /** Issue a key and show its only copy */
  issueApiKey: {
    params: {
      /** The API's slug. */
      readonly api: string;
    };
    body: {
      readonly name: string;
      readonly accountId: string;
      /** A user of the account, for whom the key acts. */
      readonly userId?: string | null | undefined;
      /** Names of scopes of this API; none when absent. */
      readonly scopes?: readonly string[] | undefined;
      /** `live` when absent. */
      readonly mode?: "live" | "test" | undefined;
      /** Refused from this instant on; null: never expires. */
      readonly expiresAt?: string | null | undefined;
      /** CIDR blocks it may be used from; empty: from anywhere. */
      readonly allowedIps?: readonly string[] | undefined;
      /** Replace all windows that the policy has for keys; null: the policy's. */
      readonly limits?:
        | readonly (
            | string
            | {
                readonly name: string;
                readonly max: number;
                readonly windowSeconds: number;
                readonly blockSeconds?: number | undefined;
              }
          )[]
        | null
        | undefined;
      /** Whether requests must be signed too; only for APIs with signed requests. */
      readonly signing?: "off" | "optional" | "required" | undefined;
    };
    answer: IssuedApiKey;
  };
  /** Make a secret for JWTs of one issuer and show it */
  issueJwtSecret: {
    params: {
      /** The API's slug. */
      readonly api: string;
    };
    body: {
      readonly accountId: string;
      /** `iss` of its tokens: visible ASCII, unique among the live ones of the API. */
      readonly issuer: string;
      /** Most that a token may have; absent: every scope that does not stand for all. */
      readonly scopes?: readonly string[] | undefined;
      /** Your own, of 32 to 1024 bytes in UTF-8. */
      readonly secret?: string | undefined;
    };
    answer: IssuedJwtSecret;
  };
  /** Issue an operator token and show its only copy */
  issueOperatorToken: {
    params: Record<never, never>;
    body: {
      readonly name: string;
      /**
       * viewer: reads; verifier: decides; admin: all but operator tokens; owner:
       * everything.
       */
      readonly role: "viewer" | "verifier" | "admin" | "owner";
      /** The only APIs it may see; every one when absent. */
      readonly apis?: readonly string[] | null | undefined;
    };
    answer: IssuedOperatorToken;
  };
  /** Make an app key and secret of an organization and show the secret */
  issueOrganizationKey: {
    params: {
      /** The API's slug. */
      readonly api: string;
    };
    body: {
      /** An account of the kind `organization`. */
      readonly accountId: string;
      readonly name?: string | undefined;
    };
    answer: IssuedOrganizationKey;
  };
  /** Make a signing key and show its private half, or bring a public one */
  issueSigningKey: {
    params: {
      /** The API's slug. */
      readonly api: string;
    };
    body: {
      /** An id of your own choice, for a key that you bring. */
      readonly id?: string | undefined;
      readonly accountId: string;
      readonly name: string;
      /**
       * Of a pair that you keep: PEM or a JWK, P-256, Ed25519 or RSA. Without it a P-256
       * pair is made.
       */
      readonly publicKey?: string | Readonly<Record<string, unknown>> | undefined;
      /** Refused from this instant on; null: never expires. */
      readonly expiresAt?: string | null | undefined;
    };
    answer: IssuedSigningKey;
  };
  /** Count for a verifier, and lend it a part of what is left */
  lendSlices: {
    params: {
      /** The API's slug. */
      readonly api: string;
    };
    body: {
      readonly slices: readonly {
        /** The id of the limit. */
        readonly limit: string;
        /** Whose requests are counted, in base64url. */
        readonly key: string;
        /** Requests that wait: each is counted by itself. 0: only looks. */
        readonly need: number;
        /** Requests that may come, of which as many are lent as the limit bears. */
        readonly spare: number;
      }[];
    };
    answer: Slices;
  };
  /** List accounts, newest first */
  listAccounts: {
    params: {
      /** Most rows. */
      readonly limit?: number | undefined;
      /** `nextCursor` of the page before. */
      readonly cursor?: string | undefined;
      /** Part of the name, or all of the id or external id. */
      readonly search?: string | undefined;
      readonly status?: "active" | "suspended" | undefined;
      /** The API's slug. */
      readonly api: string;
    };
    body: undefined;
    answer: AccountList;
  };
  /** List keys, newest first; never their secrets */
  listApiKeys: {
    params: {
      /** Most rows. */
      readonly limit?: number | undefined;
      /** `nextCursor` of the page before. */
      readonly cursor?: string | undefined;
      readonly accountId?: string | undefined;
      /** Part of the name, or all of the id or last characters. */
      readonly search?: string | undefined;
      readonly status?: "active" | "rotated" | "expired" | "revoked" | undefined;
      /**
       * Live keys that are 90 days old without rotation, were not used for 90 days, expire
       * within 14 days, or have neither addresses nor an expiry.
       */
      readonly finding?: "old" | "unused" | "expiring" | "unrestricted" | undefined;
      /** The API's slug. */
      readonly api: string;
    };
    body: undefined;
    answer: ApiKeyList;
  };
  /** List the APIs, their profile and mount */
  listApis: {
    params: Record<never, never>;
    body: undefined;
    answer: ApiList;
  };
  /** List applications, newest first; never their secrets */
  listApplications: {
    params: {
      /** Most rows. */
      readonly limit?: number | undefined;
      /** `nextCursor` of the page before. */
      readonly cursor?: string | undefined;
      readonly accountId?: string | undefined;
      /** The API's slug. */
      readonly api: string;
    };
    body: undefined;
    answer: ApplicationList;
  };
  /** List deliveries with requests and answers, newest first; dead ones too */
  listDeliveries: {
    params: {
      /** Most rows. */
      readonly limit?: number | undefined;
      /** `nextCursor` of the page before. */
      readonly cursor?: string | undefined;
      readonly status?: "pending" | "delivered" | "dead" | undefined;
      readonly type?: string | undefined;
      readonly eventId?: string | undefined;
      /** Whose endpoints they go to. */
      readonly accountId?: string | undefined;
      readonly endpointId?: string | undefined;
      /** The API's slug. */
      readonly api: string;
    };
    body: undefined;
    answer: WebhookDeliveryList;
  };
  /** List the deliveries of one endpoint, newest first */
  listDeliveriesOfEndpoint: {
    params: {
      /** Most rows. */
      readonly limit?: number | undefined;
      /** `nextCursor` of the page before. */
      readonly cursor?: string | undefined;
      readonly status?: "pending" | "delivered" | "dead" | undefined;
      readonly type?: string | undefined;
      readonly eventId?: string | undefined;
      /** The API's slug. */
      readonly api: string;
      readonly id: string;
    };
    body: undefined;
    answer: WebhookDeliveryList;
  };
  /** List what operators did that is no one API's, newest first */
  listDeploymentEvents: {
    params: {
      /** Most rows. */
      readonly limit?: number | undefined;
      /** `nextCursor` of the page before. */
      readonly cursor?: string | undefined;
      readonly accountId?: string | undefined;
      readonly credentialId?: string | undefined;
      /** The earliest instant, included. */
      readonly from?: string | undefined;
      /** The latest instant, not included. */
      readonly to?: string | undefined;
      readonly type?: string | undefined;
    };
    body: undefined;
    answer: EventList;
  };
  /** List the browsers in which you are signed in, newest first */
  listDevices: {
    params: Record<never, never>;
    body: undefined;
    answer: DeviceList;
  };
  /** List management actions and refusals, newest first */
  listEvents: {
    params: {
      /** Most rows. */
      readonly limit?: number | undefined;
      /** `nextCursor` of the page before. */
      readonly cursor?: string | undefined;
      readonly accountId?: string | undefined;
      readonly credentialId?: string | undefined;
      /** The earliest instant, included. */
      readonly from?: string | undefined;
      /** The latest instant, not included. */
      readonly to?: string | undefined;
      readonly type?: string | undefined;
      /** The API's slug. */
      readonly api: string;
    };
    body: undefined;
    answer: EventList;
  };
  /** List which users approved which applications, newest first */
  listGrants: {
    params: {
      /** Most rows. */
      readonly limit?: number | undefined;
      /** `nextCursor` of the page before. */
      readonly cursor?: string | undefined;
      readonly accountId?: string | undefined;
      readonly userId?: string | undefined;
      readonly applicationId?: string | undefined;
      /** The API's slug. */
      readonly api: string;
    };
    body: undefined;
    answer: GrantList;
  };
  /** List the keys that sign the API's own tokens, oldest first */
  listIssuerKeys: {
    params: {
      /** The API's slug. */
      readonly api: string;
    };
    body: undefined;
    answer: IssuerKeyList;
  };
  /** List JWT secrets, newest first; never their secrets */
  listJwtSecrets: {
    params: {
      /** Most rows. */
      readonly limit?: number | undefined;
      /** `nextCursor` of the page before. */
      readonly cursor?: string | undefined;
      readonly accountId?: string | undefined;
      /** Part of the name, or all of the id or last characters. */
      readonly search?: string | undefined;
      readonly status?: "active" | "rotated" | "expired" | "revoked" | undefined;
      /**
       * Live keys that are 90 days old without rotation, were not used for 90 days, expire
       * within 14 days, or have neither addresses nor an expiry.
       */
      readonly finding?: "old" | "unused" | "expiring" | "unrestricted" | undefined;
      /** The API's slug. */
      readonly api: string;
    };
    body: undefined;
    answer: JwtSecretList;
  };
  /** List operator tokens, newest first; never their secrets */
  listOperatorTokens: {
    params: {
      /** Most rows. */
      readonly limit?: number | undefined;
      /** `nextCursor` of the page before. */
      readonly cursor?: string | undefined;
    };
    body: undefined;
    answer: OperatorTokenList;
  };
  /** List the people who run this installation, newest first */
  listOperators: {
    params: {
      /** Most rows. */
      readonly limit?: number | undefined;
      /** `nextCursor` of the page before. */
      readonly cursor?: string | undefined;
    };
    body: undefined;
    answer: OperatorList;
  };
  /** List organization keys, newest first; never their secrets */
  listOrganizationKeys: {
    params: {
      /** Most rows. */
      readonly limit?: number | undefined;
      /** `nextCursor` of the page before. */
      readonly cursor?: string | undefined;
      readonly accountId?: string | undefined;
      /** Part of the name, or all of the id or last characters. */
      readonly search?: string | undefined;
      readonly status?: "active" | "rotated" | "expired" | "revoked" | undefined;
      /**
       * Live keys that are 90 days old without rotation, were not used for 90 days, expire
       * within 14 days, or have neither addresses nor an expiry.
       */
      readonly finding?: "old" | "unused" | "expiring" | "unrestricted" | undefined;
      /** The API's slug. */
      readonly api: string;
    };
    body: undefined;
    answer: OrganizationKeyList;
  };
  /** List your passkeys */
  listPasskeys: {
    params: Record<never, never>;
    body: undefined;
    answer: PasskeyList;
  };
  /** The policy in force and up to 19 before it, newest first */
  listPolicyVersions: {
    params: {
      /** The API's slug. */
      readonly api: string;
    };
    body: undefined;
    answer: PolicyVersionList;
  };
  /** Every reason for a refusal, what it means and what helps */
  listReasons: {
    params: Record<never, never>;
    body: undefined;
    answer: ReasonList;
  };
  /** List what customers asked for, newest first */
  listRequests: {
    params: {
      /** Most rows. */
      readonly limit?: number | undefined;
      /** `nextCursor` of the page before. */
      readonly cursor?: string | undefined;
      readonly accountId?: string | undefined;
      /** `open` until it is decided, once. */
      readonly status?: "open" | "approved" | "declined" | undefined;
      /** The API's slug. */
      readonly api: string;
    };
    body: undefined;
    answer: CustomerRequestList;
  };
  /** List signing keys, newest first; never their secrets */
  listSigningKeys: {
    params: {
      /** Most rows. */
      readonly limit?: number | undefined;
      /** `nextCursor` of the page before. */
      readonly cursor?: string | undefined;
      readonly accountId?: string | undefined;
      /** Part of the name, or all of the id or last characters. */
      readonly search?: string | undefined;
      readonly status?: "active" | "rotated" | "expired" | "revoked" | undefined;
      /**
       * Live keys that are 90 days old without rotation, were not used for 90 days, expire
       * within 14 days, or have neither addresses nor an expiry.
       */
      readonly finding?: "old" | "unused" | "expiring" | "unrestricted" | undefined;
      /** The API's slug. */
      readonly api: string;
    };
    body: undefined;
    answer: SigningKeyList;
  };
  /** List requests by credential, hour and outcome, newest first */
  listUsage: {
    params: {
      /** Most rows. */
      readonly limit?: number | undefined;
      /** `nextCursor` of the page before. */
      readonly cursor?: string | undefined;
      readonly accountId?: string | undefined;
      readonly credentialId?: string | undefined;
      /** The earliest instant, included. */
      readonly from?: string | undefined;
      /** The latest instant, not included. */
      readonly to?: string | undefined;
      /** All keys of one chain of rotations. */
      readonly lineageId?: string | undefined;
      /** The API's slug. */
      readonly api: string;
    };
    body: undefined;
    answer: UsageList;
  };
  /** List users, newest first */
  listUsers: {
    params: {
      /** Most rows. */
      readonly limit?: number | undefined;
      /** `nextCursor` of the page before. */
      readonly cursor?: string | undefined;
      readonly accountId?: string | undefined;
      /** Part of the name or e-mail address, or all of the id. */
      readonly search?: string | undefined;
      /** The API's slug. */
      readonly api: string;
    };
    body: undefined;
    answer: UserList;
  };
  /** List the processes that decide in their own memory, newest first */
  listVerifiers: {
    params: {
      /** Most rows. */
      readonly limit?: number | undefined;
      /** `nextCursor` of the page before. */
      readonly cursor?: string | undefined;
      /** The API's slug. */
      readonly api: string;
    };
    body: undefined;
    answer: VerifierList;
  };
  /** List webhook endpoints, newest first; never their secrets */
  listWebhookEndpoints: {
    params: {
      /** Most rows. */
      readonly limit?: number | undefined;
      /** `nextCursor` of the page before. */
      readonly cursor?: string | undefined;
      readonly accountId?: string | undefined;
      readonly applicationId?: string | undefined;
      /** The API's slug. */
      readonly api: string;
    };
    body: undefined;
    answer: WebhookEndpointList;
  };
  /** Ask what a link is for, without using it */
  lookAtLink: {
    params: Record<never, never>;
    body: {
      readonly kind: "setup" | "invitation" | "reset" | "portal";
      /** What stands in the fragment. */
      readonly token: string;
    };
    answer: LinkView;
  };
  /** Choose when a rotated key is refused for a moment before its overlap ends */
  planApiKeyBrownOuts: {
    params: {
      /** The API's slug. */
      readonly api: string;
      readonly id: string;
    };
    body: {
      /** All within the overlap. */
      readonly brownOuts: readonly string[];
    };
    answer: ApiKey;
  };
  /** Choose when the old secret is refused for a moment before its overlap ends */
  planApplicationBrownOuts: {
    params: {
      /** The API's slug. */
      readonly api: string;
      readonly id: string;
    };
    body: {
      /** All within the overlap. */
      readonly brownOuts: readonly string[];
    };
    answer: Application;
  };
  /** Choose when a rotated JWT secret is refused for a moment before its overlap ends */
  planJwtSecretBrownOuts: {
    params: {
      /** The API's slug. */
      readonly api: string;
      readonly id: string;
    };
    body: {
      /** All within the overlap. */
      readonly brownOuts: readonly string[];
    };
    answer: JwtSecret;
  };
  /**
   * Choose when a rotated organization key is refused for a moment before its overlap
   * ends
   */
  planOrganizationKeyBrownOuts: {
    params: {
      /** The API's slug. */
      readonly api: string;
      readonly id: string;
    };
    body: {
      /** All within the overlap. */
      readonly brownOuts: readonly string[];
    };
    answer: OrganizationKey;
  };
  /** Choose when a rotated signing key is refused for a moment before its overlap ends */
  planSigningKeyBrownOuts: {
    params: {
      /** The API's slug. */
      readonly api: string;
      readonly id: string;
    };
    body: {
      /** All within the overlap. */
      readonly brownOuts: readonly string[];
    };
    answer: SigningKey;
  };
  /** Prove who you are; for five minutes secrets are issued without a new proof */
  proveSession: {
    params: Record<never, never>;
    body: {
      readonly password?: string | undefined;
      /** Of the app, or a recovery code. */
      readonly code?: string | undefined;
      readonly passkey?: Readonly<Record<string, unknown>> | undefined;
    };
    answer: Proof;
  };
  /** Send an event of the API's own to every endpoint that wants it */
  publishEvent: {
    params: {
      /** The API's slug. */
      readonly api: string;
    };
    body: {
      /** Words with `.` between them; not one that begins like Latchkey's own. */
      readonly type: string;
      /** Whose event it is. */
      readonly accountId: string;
      /** The application that it is about, if any. */
      readonly applicationId?: string | null | undefined;
      /** At most 64 KiB of JSON. */
      readonly data: Readonly<Record<string, unknown>>;
    };
    answer: PublishedEvent;
  };
  /** Refuse an application; what it has stops working now */
  rejectApplication: {
    params: {
      /** The API's slug. */
      readonly api: string;
      readonly id: string;
    };
    body: Record<never, never>;
    answer: Application;
  };
  /** Take a user out of an account, and end what acts for the user there */
  removeMembership: {
    params: {
      /** Milliseconds to wait for every verifier to confirm. */
      readonly wait?: number | undefined;
      /** The API's slug. */
      readonly api: string;
      readonly id: string;
    };
    body: {
      readonly accountId: string;
    };
    answer: RevocationReceipt;
  };
  /** Remove an operator; their sessions end */
  removeOperator: {
    params: {
      readonly id: string;
    };
    body: Record<never, never>;
    answer: undefined;
  };
  /** Remove a passkey */
  removePasskey: {
    params: {
      readonly id: string;
    };
    body: Record<never, never>;
    answer: undefined;
  };
  /** Do without the app, and forget the recovery codes */
  removeTotp: {
    params: Record<never, never>;
    body: Record<never, never>;
    answer: undefined;
  };
  /** Grant a verifier a lease, and hear how far it has come */
  renewLease: {
    params: {
      /** The API's slug. */
      readonly api: string;
    };
    body: {
      /** Made at random when the verifier starts. */
      readonly verifier: string;
      /** Every change up to it is applied there. */
      readonly appliedSeq: number;
      /** The mark of that change; without it any will do. */
      readonly mark?: string | undefined;
      /** It gives its lease back. */
      readonly ends?: boolean | undefined;
      /** It only tells how far it has come: nothing is granted. */
      readonly tells?: boolean | undefined;
    };
    answer: Lease;
  };
  /** Replace all recovery codes by new ones */
  renewRecoveryCodes: {
    params: Record<never, never>;
    body: Record<never, never>;
    answer: RecoveryCodes;
  };
  /** Report a key that somebody else has: it ends, or its account is told */
  reportLeakedKey: {
    params: {
      /** The API's slug. */
      readonly api: string;
    };
    body: {
      /** All of it; it is kept nowhere. */
      readonly key: string;
      /** Who found it, or where. */
      readonly source?: string | null | undefined;
    };
    answer: LeakedKey;
  };
  /** Add what a verifier counted */
  reportUsage: {
    params: {
      /** The API's slug. */
      readonly api: string;
    };
    body: {
      readonly counts: readonly {
        readonly accountId: string;
        readonly credentialId: string;
        /** Any instant of the hour. */
        readonly hour: string;
        readonly allowed: number;
        readonly denied: number;
        /** When a request was last allowed. */
        readonly lastAllowedAt: string | null;
        readonly clientVersion: string | null;
        /** Those of its limit of which half is used at least. */
        readonly windows?:
          | readonly {
              readonly name: string;
              readonly limit: number;
              readonly remaining: number;
              readonly windowSeconds: number;
              /** When it is whole again. */
              readonly resetAt: string;
            }[]
          | undefined;
        readonly latency?:
          | {
              readonly totalMicros: number;
              readonly maxMicros: number;
              /** Decisions from 0, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4, 6, 8, 12 … microseconds on. */
              readonly buckets: readonly number[];
            }
          | undefined;
      }[];
    };
    answer: undefined;
  };
  /** Have a link mailed with which a password is set anew */
  requestReset: {
    params: Record<never, never>;
    body: {
      readonly email: string;
      readonly api?: string | undefined;
    };
    answer: Readonly<Record<string, unknown>>;
  };
  /** Tell a verifier what it does not know */
  resolve: {
    params: {
      /** The API's slug. */
      readonly api: string;
    };
    body: {
      readonly questions: readonly {
        readonly about: "credential" | "account" | "user" | "signature";
        readonly scheme?: string | undefined;
        /**
         * Of a credential the SHA-256 of its secret or handle, in base64url, and of a
         * signature that of the credential that should have made it; else the id.
         */
        readonly name: string;
        /** Of a signature: what was signed. */
        readonly text?: string | undefined;
        /** In base64url. */
        readonly signature?: string | undefined;
      }[];
    };
    answer: Resolutions;
  };
  /** Accept the credentials of a suspended account again */
  resumeAccount: {
    params: {
      /** The API's slug. */
      readonly api: string;
      readonly id: string;
    };
    body: Record<never, never>;
    answer: Account;
  };
  /** Send many deliveries of an endpoint once more */
  retryDeliveries: {
    params: {
      /** The API's slug. */
      readonly api: string;
      readonly id: string;
    };
    body: {
      /** Which ones; `dead` when absent. Oldest first, 500 at most. */
      readonly status?: "dead" | "delivered" | undefined;
      /** Events from then on. */
      readonly from?: string | undefined;
      /** Events before then. */
      readonly to?: string | undefined;
      /** `nextCursor` of the call before, with the other members as they were. */
      readonly cursor?: string | undefined;
    };
    answer: RetriedDeliveries;
  };
  /** Send a delivery once more, now, whatever became of it */
  retryDelivery: {
    params: {
      /** The API's slug. */
      readonly api: string;
      readonly id: string;
    };
    body: Record<never, never>;
    answer: WebhookDelivery;
  };
  /** End a key for good, now */
  revokeApiKey: {
    params: {
      /** Milliseconds to wait for every verifier to confirm. */
      readonly wait?: number | undefined;
      /** The API's slug. */
      readonly api: string;
      readonly id: string;
    };
    body: Record<never, never>;
    answer: RevocationReceipt;
  };
  /** End an application for good, now */
  revokeApplication: {
    params: {
      /** Milliseconds to wait for every verifier to confirm. */
      readonly wait?: number | undefined;
      /** The API's slug. */
      readonly api: string;
      readonly id: string;
    };
    body: Record<never, never>;
    answer: RevocationReceipt;
  };
  /** Sign out in one browser */
  revokeDevice: {
    params: {
      readonly id: string;
    };
    body: Record<never, never>;
    answer: undefined;
  };
  /** End a grant and every token of it for good, now */
  revokeGrant: {
    params: {
      /** Milliseconds to wait for every verifier to confirm. */
      readonly wait?: number | undefined;
      /** The API's slug. */
      readonly api: string;
      readonly id: string;
    };
    body: Record<never, never>;
    answer: RevocationReceipt;
  };
  /** End a JWT secret for good, now */
  revokeJwtSecret: {
    params: {
      /** Milliseconds to wait for every verifier to confirm. */
      readonly wait?: number | undefined;
      /** The API's slug. */
      readonly api: string;
      readonly id: string;
    };
    body: Record<never, never>;
    answer: RevocationReceipt;
  };
  /** End an operator token for good, now */
  revokeOperatorToken: {
    params: {
      readonly id: string;
    };
    body: Record<never, never>;
    answer: OperatorToken;
  };
  /** End a organization key for good, now */
  revokeOrganizationKey: {
    params: {
      /** Milliseconds to wait for every verifier to confirm. */
      readonly wait?: number | undefined;
      /** The API's slug. */
      readonly api: string;
      readonly id: string;
    };
    body: Record<never, never>;
    answer: RevocationReceipt;
  };
  /** Sign out in every other browser */
  revokeOtherDevices: {
    params: Record<never, never>;
    body: Record<never, never>;
    answer: undefined;
  };
  /** End a signing key for good, now */
  revokeSigningKey: {
    params: {
      /** Milliseconds to wait for every verifier to confirm. */
      readonly wait?: number | undefined;
      /** The API's slug. */
      readonly api: string;
      readonly id: string;
    };
    body: Record<never, never>;
    answer: RevocationReceipt;
  };
  /** End a webhook endpoint for good; what waits for it is given up */
  revokeWebhookEndpoint: {
    params: {
      /** Milliseconds to wait for every verifier to confirm. */
      readonly wait?: number | undefined;
      /** The API's slug. */
      readonly api: string;
      readonly id: string;
    };
    body: Record<never, never>;
    answer: RevocationReceipt;
  };
  /** Make a new secret for a key; the old one works until the overlap ends */
  rotateApiKey: {
    params: {
      /** The API's slug. */
      readonly api: string;
      readonly id: string;
    };
    body: {
      /** How long the old one goes on working; 0 ends it at once. */
      readonly overlapSeconds?: number | undefined;
      /** Rotate although an overlap is under way. */
      readonly force?: boolean | undefined;
      /** All within the overlap. */
      readonly brownOuts?: readonly string[] | undefined;
    };
    answer: IssuedApiKey;
  };
  /** Make another secret; the old one works until the overlap ends */
  rotateApplication: {
    params: {
      /** The API's slug. */
      readonly api: string;
      readonly id: string;
    };
    body: {
      /** How long the old one goes on working; 0 ends it at once. */
      readonly overlapSeconds?: number | undefined;
      /** Rotate although an overlap is under way. */
      readonly force?: boolean | undefined;
      /** All within the overlap. */
      readonly brownOuts?: readonly string[] | undefined;
    };
    answer: IssuedApplication;
  };
  /** The same as `rotate` */
  rotateClientSecret: {
    params: {
      /** The API's slug. */
      readonly api: string;
      readonly id: string;
    };
    body: {
      /** How long the old one goes on working; 0 ends it at once. */
      readonly overlapSeconds?: number | undefined;
      /** Rotate although an overlap is under way. */
      readonly force?: boolean | undefined;
      /** All within the overlap. */
      readonly brownOuts?: readonly string[] | undefined;
    };
    answer: IssuedApplication;
  };
  /** Have the next keys sign, and publish others that will sign after them */
  rotateIssuerKeys: {
    params: {
      /** The API's slug. */
      readonly api: string;
    };
    body: {
      /** Also when clients may not have seen the next key yet. */
      readonly force?: boolean | undefined;
    };
    answer: IssuerKeyList;
  };
  /** Make a new secret for a JWT secret; the old one works until the overlap ends */
  rotateJwtSecret: {
    params: {
      /** The API's slug. */
      readonly api: string;
      readonly id: string;
    };
    body: {
      /** How long the old one goes on working; 0 ends it at once. */
      readonly overlapSeconds?: number | undefined;
      /** Rotate although an overlap is under way. */
      readonly force?: boolean | undefined;
      /** All within the overlap. */
      readonly brownOuts?: readonly string[] | undefined;
    };
    answer: IssuedJwtSecret;
  };
  /** Make a new secret for a organization key; the old one works until the overlap ends */
  rotateOrganizationKey: {
    params: {
      /** The API's slug. */
      readonly api: string;
      readonly id: string;
    };
    body: {
      /** How long the old one goes on working; 0 ends it at once. */
      readonly overlapSeconds?: number | undefined;
      /** Rotate although an overlap is under way. */
      readonly force?: boolean | undefined;
      /** All within the overlap. */
      readonly brownOuts?: readonly string[] | undefined;
    };
    answer: IssuedOrganizationKey;
  };
  /** Make a new secret for a signing key; the old one works until the overlap ends */
  rotateSigningKey: {
    params: {
      /** The API's slug. */
      readonly api: string;
      readonly id: string;
    };
    body: {
      /** How long the old one goes on working; 0 ends it at once. */
      readonly overlapSeconds?: number | undefined;
      /** Rotate although an overlap is under way. */
      readonly force?: boolean | undefined;
      /** All within the overlap. */
      readonly brownOuts?: readonly string[] | undefined;
    };
    answer: IssuedSigningKey;
  };
  /** Make a new secret; until the overlap ends deliveries are signed with both */
  rotateWebhookSecret: {
    params: {
      /** The API's slug. */
      readonly api: string;
      readonly id: string;
    };
    body: {
      /** How long deliveries are signed with the old secret too. */
      readonly overlapSeconds?: number | undefined;
      /** Rotate although an overlap is under way. */
      readonly force?: boolean | undefined;
      /** Your own: `whsec_` and the base64 of 24 to 64 bytes, or 24 to 128 characters. */
      readonly secret?: string | undefined;
    };
    answer: IssuedWebhookEndpoint;
  };
  /** Set your password; your other sessions end */
  setPassword: {
    params: Record<never, never>;
    body: {
      readonly password: string;
    };
    answer: undefined;
  };
  /** Sign in with e-mail and password */
  signIn: {
    params: Record<never, never>;
    body: {
      readonly email: string;
      readonly password: string;
      /** Sign in as a user of this API, not as operator. */
      readonly api?: string | undefined;
    };
    answer: SignInStep;
  };
  /** Go on signing in with a code of the app, or a recovery code */
  signInWithCode: {
    params: Record<never, never>;
    body: {
      /** Of the app, or a recovery code. */
      readonly code: string;
    };
    answer: SignInStep;
  };
  /** Sign in with a passkey, or go on after the password */
  signInWithPasskey: {
    params: Record<never, never>;
    body: {
      readonly api?: string | undefined;
      readonly response: Readonly<Record<string, unknown>>;
    };
    answer: SignInStep;
  };
  /** Sign out */
  signOut: {
    params: Record<never, never>;
    body: Record<never, never>;
    answer: undefined;
  };
  /** Refuse all credentials of an account, at once */
  suspendAccount: {
    params: {
      /** The API's slug. */
      readonly api: string;
      readonly id: string;
    };
    body: Record<never, never>;
    answer: Account;
  };
  /** Send a webhook.test event to an endpoint, whatever it wants */
  testWebhookEndpoint: {
    params: {
      /** The API's slug. */
      readonly api: string;
      readonly id: string;
    };
    body: Record<never, never>;
    answer: PublishedEvent;
  };
  /** Change an account's name, plan or external id */
  updateAccount: {
    params: {
      /** The API's slug. */
      readonly api: string;
      readonly id: string;
    };
    body: {
      readonly name?: string | undefined;
      /** What it has bought. */
      readonly plan?: string | null | undefined;
      /** The account's id in your own system. */
      readonly externalId?: string | null | undefined;
    };
    answer: Account;
  };
  /** Change a key's name, scopes, expiry, addresses or limits */
  updateApiKey: {
    params: {
      /** The API's slug. */
      readonly api: string;
      readonly id: string;
    };
    body: {
      readonly name?: string | undefined;
      /** Names of scopes of this API; none when absent. */
      readonly scopes?: readonly string[] | undefined;
      /** Refused from this instant on; null: never expires. */
      readonly expiresAt?: string | null | undefined;
      /** CIDR blocks it may be used from; empty: from anywhere. */
      readonly allowedIps?: readonly string[] | undefined;
      /** Replace all windows that the policy has for keys; null: the policy's. */
      readonly limits?:
        | readonly (
            | string
            | {
                readonly name: string;
                readonly max: number;
                readonly windowSeconds: number;
                readonly blockSeconds?: number | undefined;
              }
          )[]
        | null
        | undefined;
    };
    answer: ApiKey;
  };
  /** Change an application's name, redirect URIs, scopes, permissions or settings */
  updateApplication: {
    params: {
      /** The API's slug. */
      readonly api: string;
      readonly id: string;
    };
    body: {
      readonly name?: string | undefined;
      /** Compared exactly; those of a platform application may have `*`. */
      readonly redirectUris?: readonly string[] | undefined;
      /** Scopes that users may be asked to approve; none when absent. */
      readonly scopes?: readonly string[] | undefined;
      /** What a platform application may do by itself; `*`: everything. */
      readonly permissions?: readonly string[] | undefined;
      readonly accessTokenFormat?: "opaque" | "jwt" | undefined;
      /** Whether users are sent with a challenge: always when `public`. */
      readonly pkce?: "required" | "optional" | undefined;
      /** Shown to users. */
      readonly logo?: string | null | undefined;
      /** Shown to users. */
      readonly homePage?: string | null | undefined;
      readonly settings?:
        | {
            /** Where people go after booking. */
            readonly bookingRedirectUri?: string | null | undefined;
            /** Where people go after cancelling. */
            readonly bookingCancelRedirectUri?: string | null | undefined;
            /** Where people go after rescheduling. */
            readonly bookingRescheduleRedirectUri?: string | null | undefined;
            readonly areEmailsEnabled?: boolean | undefined;
            readonly areDefaultEventTypesEnabled?: boolean | undefined;
            readonly areCalendarEventsEnabled?: boolean | undefined;
          }
        | undefined;
      readonly logout?:
        | {
            /** Where users may be sent once they are signed out; compared exactly. */
            readonly postLogoutRedirectUris?: readonly string[] | undefined;
            /** Told when a user is signed out; null: nothing is. */
            readonly backchannelLogoutUri?: string | null | undefined;
            /** Whether it has to hear which sign-in ended (`sid`). */
            readonly backchannelLogoutSessionRequired?: boolean | undefined;
          }
        | undefined;
    };
    answer: Application;
  };
  /** Change an operator's name, role or APIs; it holds from the next call on */
  updateOperator: {
    params: {
      readonly id: string;
    };
    body: {
      readonly name?: string | undefined;
      readonly role?: "viewer" | "admin" | "owner" | undefined;
      /** Slugs; null: every API. */
      readonly apis?: readonly string[] | null | undefined;
    };
    answer: Operator;
  };
  /** Change a webhook endpoint, or switch it off and on */
  updateWebhookEndpoint: {
    params: {
      /** The API's slug. */
      readonly api: string;
      readonly id: string;
    };
    body: {
      /** https or http, on the public Internet; no user name, no fragment. */
      readonly url?: string | undefined;
      /** Types of events, `prefix.*`, or `*` for all. */
      readonly events?: readonly string[] | undefined;
      readonly description?: string | null | undefined;
      /** The body in your own words: `{{payload.title}}`. Only in the format `calcom`. */
      readonly payloadTemplate?: string | null | undefined;
      /** What deliveries say of their version, where the format does. */
      readonly version?: string | null | undefined;
      /** A failed delivery holds back those after it. */
      readonly strictOrder?: boolean | undefined;
      /** Most requests to it at once. More than one gives up the order. */
      readonly parallel?: number | undefined;
      /** `true` starts one again that was disabled. */
      readonly enabled?: boolean | undefined;
    };
    answer: WebhookEndpoint;
  };
  /** Use up the secret of a link, and be signed in */
  useLink: {
    params: Record<never, never>;
    body: {
      readonly kind: "setup" | "invitation" | "reset" | "portal";
      /** What stands in the fragment. */
      readonly token: string;
      readonly name?: string | undefined;
      readonly email?: string | undefined;
      readonly password?: string | undefined;
    };
    answer: SignInStep;
  };
  /** Decide about one request */
  verify: {
    params: {
      /** The API's slug. */
      readonly api: string;
    };
    body: {
      readonly request: {
        readonly method: string;
        /** A path or an absolute URL, without the API's mount. */
        readonly url: string;
        readonly headers: Readonly<Record<string, string | readonly string[]>>;
        /** Without it, rules about addresses refuse. */
        readonly ip?: string | undefined;
        /** Whether it came over TLS; the URL's scheme when absent. */
        readonly secure?: boolean | undefined;
        /**
         * What stands before a path in the address that the client called, for proofs of
         * tokens that are bound to a key; else the URL or the header Host says it.
         */
        readonly base?: string | undefined;
        /** The id under which it is answered; the call's own when absent. */
        readonly requestId?: string | undefined;
      };
      /** Answer with a trace, and spend no limit. Admins and owners. */
      readonly explain?: boolean | undefined;
    };
    answer: Decision;
  };
  /** Say that an application is what it claims to be */
  verifyApplication: {
    params: {
      /** The API's slug. */
      readonly api: string;
      readonly id: string;
    };
    body: Record<never, never>;
    answer: Application;
  };
  /** Decide about up to 100 requests */
  verifyBatch: {
    params: {
      /** The API's slug. */
      readonly api: string;
    };
    body: {
      readonly requests: readonly {
        readonly method: string;
        /** A path or an absolute URL, without the API's mount. */
        readonly url: string;
        readonly headers: Readonly<Record<string, string | readonly string[]>>;
        /** Without it, rules about addresses refuse. */
        readonly ip?: string | undefined;
        /** Whether it came over TLS; the URL's scheme when absent. */
        readonly secure?: boolean | undefined;
        /**
         * What stands before a path in the address that the client called, for proofs of
         * tokens that are bound to a key; else the URL or the header Host says it.
         */
        readonly base?: string | undefined;
        /** The id under which it is answered; the call's own when absent. */
        readonly requestId?: string | undefined;
      }[];
    };
    answer: Decisions;
  };
}

/** How each operation is called; `keyed` ones take an `Idempotency-Key`. */
export const OPERATIONS = {
  addMembership: {
    method: "POST",
    path: "/v1/apis/{api}/users/{id}/memberships",
    query: [],
    keyed: true,
    answers: "json",
  },
  addPasskey: {
    method: "POST",
    path: "/v1/session/passkeys",
    query: [],
    keyed: false,
    answers: "json",
  },
  approveRequest: {
    method: "POST",
    path: "/v1/apis/{api}/requests/{id}/approve",
    query: [],
    keyed: true,
    answers: "json",
  },
  beginTotp: { method: "POST", path: "/v1/session/totp", query: [], keyed: false, answers: "json" },
  cancelApiKeyRotation: {
    method: "POST",
    path: "/v1/apis/{api}/api-keys/{id}/cancel-rotation",
    query: [],
    keyed: true,
    answers: "json",
  },
  confirmTotp: {
    method: "POST",
    path: "/v1/session/totp/confirm",
    query: [],
    keyed: false,
    answers: "json",
  },
  createAccount: {
    method: "POST",
    path: "/v1/apis/{api}/accounts",
    query: [],
    keyed: true,
    answers: "json",
  },
  createApplication: {
    method: "POST",
    path: "/v1/apis/{api}/applications",
    query: [],
    keyed: true,
    answers: "json",
  },
  createOperator: {
    method: "POST",
    path: "/v1/operators",
    query: [],
    keyed: true,
    answers: "json",
  },
  createPortalSession: {
    method: "POST",
    path: "/v1/apis/{api}/portal-sessions",
    query: [],
    keyed: true,
    answers: "json",
  },
  createRequest: {
    method: "POST",
    path: "/v1/apis/{api}/requests",
    query: [],
    keyed: true,
    answers: "json",
  },
  createUser: {
    method: "POST",
    path: "/v1/apis/{api}/users",
    query: [],
    keyed: true,
    answers: "json",
  },
  createWebhookEndpoint: {
    method: "POST",
    path: "/v1/apis/{api}/webhook-endpoints",
    query: [],
    keyed: true,
    answers: "json",
  },
  declineRequest: {
    method: "POST",
    path: "/v1/apis/{api}/requests/{id}/decline",
    query: [],
    keyed: true,
    answers: "json",
  },
  explain: {
    method: "POST",
    path: "/v1/apis/{api}/explain",
    query: [],
    keyed: false,
    answers: "json",
  },
  getAccount: {
    method: "GET",
    path: "/v1/apis/{api}/accounts/{id}",
    query: [],
    keyed: false,
    answers: "json",
  },
  getApi: { method: "GET", path: "/v1/apis/{api}", query: [], keyed: false, answers: "json" },
  getApiKey: {
    method: "GET",
    path: "/v1/apis/{api}/api-keys/{id}",
    query: [],
    keyed: false,
    answers: "json",
  },
  getApplication: {
    method: "GET",
    path: "/v1/apis/{api}/applications/{id}",
    query: [],
    keyed: false,
    answers: "json",
  },
  getBranding: {
    method: "GET",
    path: "/v1/session/branding",
    query: ["api"],
    keyed: false,
    answers: "json",
  },
  getDelivery: {
    method: "GET",
    path: "/v1/apis/{api}/deliveries/{id}",
    query: [],
    keyed: false,
    answers: "json",
  },
  getFindings: {
    method: "GET",
    path: "/v1/apis/{api}/findings",
    query: ["accountId"],
    keyed: false,
    answers: "json",
  },
  getGrant: {
    method: "GET",
    path: "/v1/apis/{api}/grants/{id}",
    query: [],
    keyed: false,
    answers: "json",
  },
  getHealth: { method: "GET", path: "/healthz", query: [], keyed: false, answers: "json" },
  getJwtSecret: {
    method: "GET",
    path: "/v1/apis/{api}/jwt-secrets/{id}",
    query: [],
    keyed: false,
    answers: "json",
  },
  getMetrics: { method: "GET", path: "/metrics", query: [], keyed: false, answers: "text" },
  getNewPasskeyOptions: {
    method: "POST",
    path: "/v1/session/passkeys/options",
    query: [],
    keyed: false,
    answers: "json",
  },
  getOpenApi: { method: "GET", path: "/openapi.json", query: [], keyed: false, answers: "json" },
  getOrganizationKey: {
    method: "GET",
    path: "/v1/apis/{api}/organization-keys/{id}",
    query: [],
    keyed: false,
    answers: "json",
  },
  getOverview: {
    method: "GET",
    path: "/v1/apis/{api}/overview",
    query: ["accountId", "hours"],
    keyed: false,
    answers: "json",
  },
  getPasskeyOptions: {
    method: "POST",
    path: "/v1/session/passkey-options",
    query: [],
    keyed: false,
    answers: "json",
  },
  getReadiness: { method: "GET", path: "/readyz", query: [], keyed: false, answers: "json" },
  getRequest: {
    method: "GET",
    path: "/v1/apis/{api}/requests/{id}",
    query: [],
    keyed: false,
    answers: "json",
  },
  getSession: { method: "GET", path: "/v1/session", query: [], keyed: false, answers: "json" },
  getSigningKey: {
    method: "GET",
    path: "/v1/apis/{api}/signing-keys/{id}",
    query: [],
    keyed: false,
    answers: "json",
  },
  getUser: {
    method: "GET",
    path: "/v1/apis/{api}/users/{id}",
    query: [],
    keyed: false,
    answers: "json",
  },
  getWebhookEndpoint: {
    method: "GET",
    path: "/v1/apis/{api}/webhook-endpoints/{id}",
    query: [],
    keyed: false,
    answers: "json",
  },
  inviteOperator: {
    method: "POST",
    path: "/v1/operators/{id}/invite",
    query: [],
    keyed: true,
    answers: "json",
  },
  inviteUser: {
    method: "POST",
    path: "/v1/apis/{api}/users/{id}/invite",
    query: [],
    keyed: true,
    answers: "json",
  },
  issueApiKey: {
    method: "POST",
    path: "/v1/apis/{api}/api-keys",
    query: [],
    keyed: true,
    answers: "json",
  },
  issueJwtSecret: {
    method: "POST",
    path: "/v1/apis/{api}/jwt-secrets",
    query: [],
    keyed: true,
    answers: "json",
  },
  issueOperatorToken: {
    method: "POST",
    path: "/v1/operator-tokens",
    query: [],
    keyed: true,
    answers: "json",
  },
  issueOrganizationKey: {
    method: "POST",
    path: "/v1/apis/{api}/organization-keys",
    query: [],
    keyed: true,
    answers: "json",
  },
  issueSigningKey: {
    method: "POST",
    path: "/v1/apis/{api}/signing-keys",
    query: [],
    keyed: true,
    answers: "json",
  },
  lendSlices: {
    method: "POST",
    path: "/v1/apis/{api}/slices",
    query: [],
    keyed: false,
    answers: "json",
  },
  listAccounts: {
    method: "GET",
    path: "/v1/apis/{api}/accounts",
    query: ["limit", "cursor", "search", "status"],
    keyed: false,
    answers: "json",
  },
  listApiKeys: {
    method: "GET",
    path: "/v1/apis/{api}/api-keys",
    query: ["limit", "cursor", "accountId", "search", "status", "finding"],
    keyed: false,
    answers: "json",
  },
  listApis: { method: "GET", path: "/v1/apis", query: [], keyed: false, answers: "json" },
  listApplications: {
    method: "GET",
    path: "/v1/apis/{api}/applications",
    query: ["limit", "cursor", "accountId"],
    keyed: false,
    answers: "json",
  },
  listDeliveries: {
    method: "GET",
    path: "/v1/apis/{api}/deliveries",
    query: ["limit", "cursor", "status", "type", "eventId", "accountId", "endpointId"],
    keyed: false,
    answers: "json",
  },
  listDeliveriesOfEndpoint: {
    method: "GET",
    path: "/v1/apis/{api}/webhook-endpoints/{id}/deliveries",
    query: ["limit", "cursor", "status", "type", "eventId"],
    keyed: false,
    answers: "json",
  },
  listDeploymentEvents: {
    method: "GET",
    path: "/v1/events",
    query: ["limit", "cursor", "accountId", "credentialId", "from", "to", "type"],
    keyed: false,
    answers: "json",
  },
  listDevices: {
    method: "GET",
    path: "/v1/session/devices",
    query: [],
    keyed: false,
    answers: "json",
  },
  listEvents: {
    method: "GET",
    path: "/v1/apis/{api}/events",
    query: ["limit", "cursor", "accountId", "credentialId", "from", "to", "type"],
    keyed: false,
    answers: "json",
  },
  listGrants: {
    method: "GET",
    path: "/v1/apis/{api}/grants",
    query: ["limit", "cursor", "accountId", "userId", "applicationId"],
    keyed: false,
    answers: "json",
  },
  listIssuerKeys: {
    method: "GET",
    path: "/v1/apis/{api}/issuer-keys",
    query: [],
    keyed: false,
    answers: "json",
  },
  listJwtSecrets: {
    method: "GET",
    path: "/v1/apis/{api}/jwt-secrets",
    query: ["limit", "cursor", "accountId", "search", "status", "finding"],
    keyed: false,
    answers: "json",
  },
  listOperatorTokens: {
    method: "GET",
    path: "/v1/operator-tokens",
    query: ["limit", "cursor"],
    keyed: false,
    answers: "json",
  },
  listOperators: {
    method: "GET",
    path: "/v1/operators",
    query: ["limit", "cursor"],
    keyed: false,
    answers: "json",
  },
  listOrganizationKeys: {
    method: "GET",
    path: "/v1/apis/{api}/organization-keys",
    query: ["limit", "cursor", "accountId", "search", "status", "finding"],
    keyed: false,
    answers: "json",
  },
  listPasskeys: {
    method: "GET",
    path: "/v1/session/passkeys",
    query: [],
    keyed: false,
    answers: "json",
  },
  listPolicyVersions: {
    method: "GET",
    path: "/v1/apis/{api}/policy-versions",
    query: [],
    keyed: false,
    answers: "json",
  },
  listReasons: { method: "GET", path: "/v1/reasons", query: [], keyed: false, answers: "json" },
  listRequests: {
    method: "GET",
    path: "/v1/apis/{api}/requests",
    query: ["limit", "cursor", "accountId", "status"],
    keyed: false,
    answers: "json",
  },
  listSigningKeys: {
    method: "GET",
    path: "/v1/apis/{api}/signing-keys",
    query: ["limit", "cursor", "accountId", "search", "status", "finding"],
    keyed: false,
    answers: "json",
  },
  listUsage: {
    method: "GET",
    path: "/v1/apis/{api}/usage",
    query: ["limit", "cursor", "accountId", "credentialId", "from", "to", "lineageId"],
    keyed: false,
    answers: "json",
  },
  listUsers: {
    method: "GET",
    path: "/v1/apis/{api}/users",
    query: ["limit", "cursor", "accountId", "search"],
    keyed: false,
    answers: "json",
  },
  listVerifiers: {
    method: "GET",
    path: "/v1/apis/{api}/verifiers",
    query: ["limit", "cursor"],
    keyed: false,
    answers: "json",
  },
  listWebhookEndpoints: {
    method: "GET",
    path: "/v1/apis/{api}/webhook-endpoints",
    query: ["limit", "cursor", "accountId", "applicationId"],
    keyed: false,
    answers: "json",
  },
  lookAtLink: {
    method: "POST",
    path: "/v1/session/links/look",
    query: [],
    keyed: false,
    answers: "json",
  },
  planApiKeyBrownOuts: {
    method: "POST",
    path: "/v1/apis/{api}/api-keys/{id}/brown-outs",
    query: [],
    keyed: true,
    answers: "json",
  },
  planApplicationBrownOuts: {
    method: "POST",
    path: "/v1/apis/{api}/applications/{id}/brown-outs",
    query: [],
    keyed: true,
    answers: "json",
  },
  planJwtSecretBrownOuts: {
    method: "POST",
    path: "/v1/apis/{api}/jwt-secrets/{id}/brown-outs",
    query: [],
    keyed: true,
    answers: "json",
  },
  planOrganizationKeyBrownOuts: {
    method: "POST",
    path: "/v1/apis/{api}/organization-keys/{id}/brown-outs",
    query: [],
    keyed: true,
    answers: "json",
  },
  planSigningKeyBrownOuts: {
    method: "POST",
    path: "/v1/apis/{api}/signing-keys/{id}/brown-outs",
    query: [],
    keyed: true,
    answers: "json",
  },
  proveSession: {
    method: "POST",
    path: "/v1/session/proof",
    query: [],
    keyed: false,
    answers: "json",
  },
  publishEvent: {
    method: "POST",
    path: "/v1/apis/{api}/events/publish",
    query: [],
    keyed: true,
    answers: "json",
  },
  rejectApplication: {
    method: "POST",
    path: "/v1/apis/{api}/applications/{id}/reject",
    query: [],
    keyed: true,
    answers: "json",
  },
  removeMembership: {
    method: "POST",
    path: "/v1/apis/{api}/users/{id}/memberships/revoke",
    query: ["wait"],
    keyed: true,
    answers: "json",
  },
  removeOperator: {
    method: "POST",
    path: "/v1/operators/{id}/remove",
    query: [],
    keyed: true,
    answers: "json",
  },
  removePasskey: {
    method: "POST",
    path: "/v1/session/passkeys/{id}/remove",
    query: [],
    keyed: false,
    answers: "json",
  },
  removeTotp: {
    method: "POST",
    path: "/v1/session/totp/remove",
    query: [],
    keyed: false,
    answers: "json",
  },
  renewLease: {
    method: "POST",
    path: "/v1/apis/{api}/leases",
    query: [],
    keyed: false,
    answers: "json",
  },
  renewRecoveryCodes: {
    method: "POST",
    path: "/v1/session/recovery-codes",
    query: [],
    keyed: false,
    answers: "json",
  },
  reportLeakedKey: {
    method: "POST",
    path: "/v1/apis/{api}/api-keys/report-leaked",
    query: [],
    keyed: true,
    answers: "json",
  },
  reportUsage: {
    method: "POST",
    path: "/v1/apis/{api}/usage",
    query: [],
    keyed: true,
    answers: "json",
  },
  requestReset: {
    method: "POST",
    path: "/v1/session/reset",
    query: [],
    keyed: false,
    answers: "json",
  },
  resolve: {
    method: "POST",
    path: "/v1/apis/{api}/resolve",
    query: [],
    keyed: false,
    answers: "json",
  },
  resumeAccount: {
    method: "POST",
    path: "/v1/apis/{api}/accounts/{id}/resume",
    query: [],
    keyed: true,
    answers: "json",
  },
  retryDeliveries: {
    method: "POST",
    path: "/v1/apis/{api}/webhook-endpoints/{id}/retry",
    query: [],
    keyed: true,
    answers: "json",
  },
  retryDelivery: {
    method: "POST",
    path: "/v1/apis/{api}/deliveries/{id}/retry",
    query: [],
    keyed: true,
    answers: "json",
  },
  revokeApiKey: {
    method: "POST",
    path: "/v1/apis/{api}/api-keys/{id}/revoke",
    query: ["wait"],
    keyed: true,
    answers: "json",
  },
  revokeApplication: {
    method: "POST",
    path: "/v1/apis/{api}/applications/{id}/revoke",
    query: ["wait"],
    keyed: true,
    answers: "json",
  },
  revokeDevice: {
    method: "POST",
    path: "/v1/session/devices/{id}/revoke",
    query: [],
    keyed: false,
    answers: "json",
  },
  revokeGrant: {
    method: "POST",
    path: "/v1/apis/{api}/grants/{id}/revoke",
    query: ["wait"],
    keyed: true,
    answers: "json",
  },
  revokeJwtSecret: {
    method: "POST",
    path: "/v1/apis/{api}/jwt-secrets/{id}/revoke",
    query: ["wait"],
    keyed: true,
    answers: "json",
  },
  revokeOperatorToken: {
    method: "POST",
    path: "/v1/operator-tokens/{id}/revoke",
    query: [],
    keyed: true,
    answers: "json",
  },
  revokeOrganizationKey: {
    method: "POST",
    path: "/v1/apis/{api}/organization-keys/{id}/revoke",
    query: ["wait"],
    keyed: true,
    answers: "json",
  },
  revokeOtherDevices: {
    method: "POST",
    path: "/v1/session/devices/revoke-others",
    query: [],
    keyed: false,
    answers: "json",
  },
  revokeSigningKey: {
    method: "POST",
    path: "/v1/apis/{api}/signing-keys/{id}/revoke",
    query: ["wait"],
    keyed: true,
    answers: "json",
  },
  revokeWebhookEndpoint: {
    method: "POST",
    path: "/v1/apis/{api}/webhook-endpoints/{id}/revoke",
    query: ["wait"],
    keyed: true,
    answers: "json",
  },
  rotateApiKey: {
    method: "POST",
    path: "/v1/apis/{api}/api-keys/{id}/rotate",
    query: [],
    keyed: true,
    answers: "json",
  },
  rotateApplication: {
    method: "POST",
    path: "/v1/apis/{api}/applications/{id}/rotate",
    query: [],
    keyed: true,
    answers: "json",
  },
  rotateClientSecret: {
    method: "POST",
    path: "/v1/apis/{api}/applications/{id}/rotate-secret",
    query: [],
    keyed: true,
    answers: "json",
  },
  rotateIssuerKeys: {
    method: "POST",
    path: "/v1/apis/{api}/issuer-keys/rotate",
    query: [],
    keyed: true,
    answers: "json",
  },
  rotateJwtSecret: {
    method: "POST",
    path: "/v1/apis/{api}/jwt-secrets/{id}/rotate",
    query: [],
    keyed: true,
    answers: "json",
  },
  rotateOrganizationKey: {
    method: "POST",
    path: "/v1/apis/{api}/organization-keys/{id}/rotate",
    query: [],
    keyed: true,
    answers: "json",
  },
  rotateSigningKey: {
    method: "POST",
    path: "/v1/apis/{api}/signing-keys/{id}/rotate",
    query: [],
    keyed: true,
    answers: "json",
  },
  rotateWebhookSecret: {
    method: "POST",
    path: "/v1/apis/{api}/webhook-endpoints/{id}/rotate",
    query: [],
    keyed: true,
    answers: "json",
  },
  setPassword: {
    method: "POST",
    path: "/v1/session/password",
    query: [],
    keyed: false,
    answers: "json",
  },
  signIn: { method: "POST", path: "/v1/session", query: [], keyed: false, answers: "json" },
  signInWithCode: {
    method: "POST",
    path: "/v1/session/code",
    query: [],
    keyed: false,
    answers: "json",
  },
  signInWithPasskey: {
    method: "POST",
    path: "/v1/session/passkey",
    query: [],
    keyed: false,
    answers: "json",
  },
  signOut: { method: "DELETE", path: "/v1/session", query: [], keyed: false, answers: "json" },
  suspendAccount: {
    method: "POST",
    path: "/v1/apis/{api}/accounts/{id}/suspend",
    query: [],
    keyed: true,
    answers: "json",
  },
  testWebhookEndpoint: {
    method: "POST",
    path: "/v1/apis/{api}/webhook-endpoints/{id}/test",
    query: [],
    keyed: true,
    answers: "json",
  },
  updateAccount: {
    method: "PATCH",
    path: "/v1/apis/{api}/accounts/{id}",
    query: [],
    keyed: false,
    answers: "json",
  },
  updateApiKey: {
    method: "PATCH",
    path: "/v1/apis/{api}/api-keys/{id}",
    query: [],
    keyed: false,
    answers: "json",
  },
  updateApplication: {
    method: "PATCH",
    path: "/v1/apis/{api}/applications/{id}",
    query: [],
    keyed: false,
    answers: "json",
  },
  updateOperator: {
    method: "PATCH",
    path: "/v1/operators/{id}",
    query: [],
    keyed: false,
    answers: "json",
  },
  updateWebhookEndpoint: {
    method: "PATCH",
    path: "/v1/apis/{api}/webhook-endpoints/{id}",
    query: [],
    keyed: false,
    answers: "json",
  },
  useLink: { method: "POST", path: "/v1/session/links", query: [], keyed: false, answers: "json" },
  verify: {
    method: "POST",
    path: "/v1/apis/{api}/verify",
    query: [],
    keyed: false,
    answers: "json",
  },
  verifyApplication: {
    method: "POST",
    path: "/v1/apis/{api}/applications/{id}/verify",
    query: [],
    keyed: true,
    answers: "json",
  },
  verifyBatch: {
    method: "POST",
    path: "/v1/apis/{api}/verify/batch",
    query: [],
    keyed: false,
    answers: "json",
  },
} as const;

/** Statuses beside 2xx whose body is the operation's answer, and no error. */
export const FURTHER_ANSWERS: Readonly<Partial<Record<keyof Operations, readonly number[]>>> = {
  getReadiness: [503],
};
