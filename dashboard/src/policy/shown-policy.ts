/** The members of a policy that people are shown; docs/reference/policy.md says what they mean. */
export interface ShownPolicy {
  readonly renderer: string;
  readonly schemes: readonly string[];
  readonly otherwise: string;
  readonly plans: readonly string[];
  readonly scopes: Readonly<
    Record<
      string,
      {
        readonly title: string;
        readonly implies: readonly string[];
        readonly impliesOnOwn: readonly string[];
      }
    >
  >;
  readonly endpoints: readonly {
    readonly match: string;
    readonly anonymous: boolean;
    readonly scopes: readonly string[];
    /** What the tokens of applications that act for users need in their place. */
    readonly delegated?: readonly string[];
    /** The parameter that names the user whose it is. */
    readonly owner: string | null;
    readonly accepts: readonly string[];
    readonly family: string | null;
  }[];
  readonly limits: Readonly<
    Record<string, { readonly per: string; readonly windows: readonly ShownWindow[] }>
  >;
}

/** So many requests in so much time. */
export interface ShownWindow {
  readonly name: string;
  readonly max: number;
  readonly windowSeconds: number;
}
