import type { PeopleTables } from "./people-schema.ts";
import type { BrowserSessionTable, LogoutNoticeTable, PortalLinkTable } from "./session-schema.ts";
import type { UsageTables } from "./usage-tables.ts";
import type { WebhookDeliveryTable, WebhookEndpointTable } from "./webhook-tables.ts";

/**
 * The tables as Kysely sees them, the same on SQLite and PostgreSQL. Instants are Unix
 * milliseconds, JSON is text that only the file of its aggregate parses. What each column means is
 * said where it was made, in `migrations/`.
 */
export interface Tables extends PeopleTables, UsageTables {
  readonly account: AccountTable;
  readonly person: PersonTable;
  readonly membership: MembershipTable;
  readonly credential: CredentialTable;
  readonly one_time_use: OneTimeUseTable;
  readonly operator_token: OperatorTokenTable;
  readonly change: ChangeTable;
  readonly change_head: ChangeHeadTable;
  readonly event: EventTable;
  readonly idempotency: IdempotencyTable;
  readonly policy_version: PolicyVersionTable;
  readonly counter: CounterTable;
  readonly application: ApplicationTable;
  readonly portal_link: PortalLinkTable;
  readonly browser_session: BrowserSessionTable;
  readonly customer_request: CustomerRequestTable;
  readonly oauth_grant: OAuthGrantTable;
  readonly oauth_artifact: OAuthArtifactTable;
  readonly oauth_client: OAuthClientTable;
  readonly oauth_consent: OAuthConsentTable;
  readonly logout_notice: LogoutNoticeTable;
  readonly issuer_key: IssuerKeyTable;
  readonly managed_refresh_token: ManagedRefreshTokenTable;
  readonly verifier: VerifierTable;
  readonly webhook_endpoint: WebhookEndpointTable;
  readonly webhook_delivery: WebhookDeliveryTable;
}

export interface AccountTable {
  readonly api: string;
  readonly id: string;
  readonly name: string;
  readonly kind: string;
  readonly parent_id: string | null;
  readonly plan: string | null;
  readonly external_id: string | null;
  readonly created_at: number;
  readonly suspended_at: number | null;
}

export interface PersonTable {
  readonly api: string;
  readonly id: string;
  readonly number: number;
  readonly name: string | null;
  readonly email: string | null;
  readonly email_key: string | null;
  readonly password_hash: string | null;
  readonly created_at: number;
  readonly managed_by: string | null;
  readonly profile: string | null;
  readonly deleted_at: number | null;
  readonly signed_out_at: number | null;
}

export interface MembershipTable {
  readonly api: string;
  readonly user_id: string;
  readonly account_id: string;
  readonly role: string;
  readonly user_created_at: number;
}

export interface CredentialTable {
  readonly api: string;
  readonly id: string;
  readonly scheme: string;
  readonly account_id: string;
  readonly user_id: string | null;
  readonly name: string;
  readonly digest: Uint8Array | null;
  readonly material: string | null;
  readonly prefix: string;
  readonly last_four: string;
  readonly scopes: string;
  readonly mode: string;
  readonly allowed_ips: string;
  readonly limits: string | null;
  readonly signing: string;
  readonly lineage_id: string;
  readonly successor_id: string | null;
  readonly rotated_at: number | null;
  readonly overlap_ends_at: number | null;
  readonly created_at: number;
  readonly expires_at: number | null;
  readonly revoked_at: number | null;
  readonly last_used_at: number | null;
  readonly handle: string | null;
  readonly generation: number;
  readonly brown_outs: string;
  readonly application_id: string | null;
  readonly grant_id: string | null;
  readonly token_kind: string | null;
  readonly bound_key: string | null;
  readonly origins: string | null;
}

export interface OneTimeUseTable {
  readonly api: string;
  readonly digest: Uint8Array;
  readonly expires_at: number;
}

export interface OperatorTokenTable {
  readonly id: string;
  readonly name: string;
  readonly role: string;
  readonly apis: string | null;
  readonly digest: Uint8Array;
  readonly created_at: number;
  readonly revoked_at: number | null;
}

export interface ChangeTable {
  readonly api: string;
  readonly seq: number;
  readonly at: number;
  readonly kind: string;
  readonly subject_id: string;
  readonly state: string;
}

export interface ChangeHeadTable {
  readonly api: string;
  readonly seq: number;
}

export interface EventTable {
  readonly api: string;
  readonly at: number;
  readonly id: string;
  readonly type: string;
  readonly actor_kind: string;
  readonly actor_id: string | null;
  readonly account_id: string | null;
  readonly credential_id: string | null;
  readonly request_id: string | null;
  readonly address: string | null;
  readonly detail: string;
  readonly count: number;
}

export interface IdempotencyTable {
  readonly api: string;
  readonly key_digest: Uint8Array;
  readonly body_digest: Uint8Array;
  readonly sealed: Uint8Array | null;
  readonly claimed_at: number;
  readonly expires_at: number;
}

export interface CustomerRequestTable {
  readonly api: string;
  readonly id: string;
  readonly account_id: string;
  readonly kind: string;
  readonly detail: string;
  readonly status: string;
  readonly note: string | null;
  readonly created_at: number;
  readonly decided_at: number | null;
}

export interface ApplicationTable {
  readonly api: string;
  readonly id: string;
  readonly account_id: string;
  readonly name: string;
  readonly kind: string;
  readonly type: string;
  readonly redirect_uris: string;
  readonly scopes: string;
  readonly permissions: string;
  readonly access_token_format: string;
  readonly status: string;
  readonly logo: string | null;
  readonly home_page: string | null;
  readonly settings: string;
  readonly created_at: number;
  readonly deleted_at: number | null;
}

export interface ManagedRefreshTokenTable {
  readonly api: string;
  readonly digest: Uint8Array;
  readonly application_id: string;
  readonly user_id: string;
  readonly created_at: number;
  readonly expires_at: number;
}

export interface OAuthGrantTable {
  readonly api: string;
  readonly id: string;
  readonly user_id: string;
  readonly account_id: string;
  readonly application_id: string;
  readonly scopes: string;
  readonly payload: string;
  readonly created_at: number;
  readonly last_used_at: number | null;
  readonly revoked_at: number | null;
  readonly expires_at: number;
  readonly sid: string | null;
}

export interface OAuthArtifactTable {
  readonly api: string;
  readonly model: string;
  readonly digest: Uint8Array;
  readonly grant_id: string | null;
  readonly uid_digest: Uint8Array | null;
  readonly user_code_digest: Uint8Array | null;
  readonly payload: string;
  readonly consumed_at: number | null;
  readonly created_at: number;
  readonly expires_at: number;
  readonly user_id: string | null;
}

export interface OAuthClientTable {
  readonly api: string;
  readonly id: string;
  readonly metadata: string;
  readonly created_at: number;
}

export interface OAuthConsentTable {
  readonly api: string;
  readonly user_id: string;
  readonly application_id: string;
  readonly account_id: string;
  readonly redirect_uris: string;
  readonly scopes: string;
  readonly created_at: number;
}

export interface IssuerKeyTable {
  readonly api: string;
  readonly id: string;
  readonly algorithm: string;
  readonly status: string;
  readonly public_key: string;
  readonly sealed: Uint8Array;
  readonly created_at: number;
  readonly retired_at: number | null;
}

export interface PolicyVersionTable {
  readonly api: string;
  readonly version: number;
  readonly digest: string;
  readonly document: string;
  readonly recorded_at: number;
}

export interface CounterTable {
  readonly api: string;
  readonly name: string;
  readonly value: number;
}

export interface VerifierTable {
  readonly api: string;
  readonly id: string;
  readonly applied_seq: number;
  readonly started_at: number;
  readonly renewed_at: number;
  readonly lease_ends_at: number;
}
