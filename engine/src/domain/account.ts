/** What an account can be; `platform` and `organization` may act for their child accounts. */
export const ACCOUNT_KINDS = ["account", "platform", "organization", "team"] as const;
export type AccountKind = (typeof ACCOUNT_KINDS)[number];

/** What a decision needs of an account; the name and the rest stay in the store. */
export interface AccountState {
  readonly id: string;
  readonly kind: AccountKind;
  /** The platform or organization it belongs to. */
  readonly parentId: string | null;
  readonly status: "active" | "suspended";
  readonly plan: string | null;
}
