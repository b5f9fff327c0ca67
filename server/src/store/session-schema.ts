/** A browser that is signed in. */
export interface BrowserSessionTable {
  readonly id: string;
  readonly digest: Uint8Array;
  readonly kind: string;
  readonly api: string;
  readonly person_id: string | null;
  readonly account_id: string | null;
  readonly capabilities: string | null;
  readonly return_url: string | null;
  readonly half: string;
  readonly user_agent: string;
  readonly address: string | null;
  readonly created_at: number;
  readonly last_seen_at: number;
  readonly proved_at: number | null;
  readonly ends_at: number;
  readonly expires_at: number;
}

/** A link into the dashboard of one account. */
export interface PortalLinkTable {
  readonly api: string;
  readonly id: string;
  readonly digest: Uint8Array;
  readonly account_id: string;
  readonly user_id: string | null;
  readonly capabilities: string;
  readonly return_url: string | null;
  readonly created_at: number;
  readonly expires_at: number;
  readonly opened_at: number | null;
}

/** Clients that are to be told of a sign-out. */
export interface LogoutNoticeTable {
  readonly api: string;
  readonly client_id: string;
  readonly user_id: string;
  readonly sid: string;
  readonly created_at: number;
  readonly run_at: number;
  readonly tries: number;
}
