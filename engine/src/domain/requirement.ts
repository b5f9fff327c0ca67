/** What an endpoint asks of a request. */
export interface Requirement {
  /** The pattern that matched; `*` for the policy's default. */
  readonly match: string;
  readonly anonymous: boolean;
  readonly scopes: readonly string[];
  /** The path parameter that names the resource's owner: a scope `…:own` then suffices for the owner. */
  readonly owner: string | null;
}
