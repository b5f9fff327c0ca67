import {
  type Place,
  readFlag,
  readInteger,
  readObject,
  readText,
  readTexts,
  report,
  type TextForm,
  within,
} from "./shape.ts";

/** How an API's own authorization server issues tokens. */
export interface OAuthRule {
  /** What every opaque access token begins with; empty: nothing tells one by its form. */
  readonly accessTokenPrefix: string;
  readonly accessTokenSeconds: number;
  /** Counted anew with each refresh. */
  readonly refreshTokenSeconds: number;
  readonly codeSeconds: number;
  /**
   * For how long a refresh token that was used is answered what its first use was answered; from
   * then on, or always with 0, using it again ends the grant.
   */
  readonly refreshGraceSeconds: number;
  /** Whether anyone may register a client (RFC 7591), or name one by its document's address. */
  readonly dynamicRegistration: boolean;
  /**
   * Where clients reach the API, besides its own mount: one of these, and the path, is what a DPoP
   * proof must name. Empty: the address that the request itself says it went to.
   */
  readonly origins: readonly string[];
}

const DEFAULT_OAUTH: OAuthRule = {
  accessTokenPrefix: "",
  accessTokenSeconds: 3600,
  refreshTokenSeconds: 2_592_000,
  codeSeconds: 600,
  refreshGraceSeconds: 0,
  dynamicRegistration: false,
  origins: [],
};

const PREFIX: TextForm = { pattern: /^[A-Za-z0-9_-]{1,32}$/, expected: "1 to 32 of A-Za-z0-9_-" };
const ORIGIN: TextForm = {
  pattern: /^https?:\/\/[a-z0-9.[\]:-]{1,253}(?:\/[\w.~-]{1,64}){0,8}$/,
  expected: 'an address without a final slash, such as "https://api.acme.com"',
};
const YEAR = 31_536_000;

/** Reads what one definition says of its authorization server; `null`: the API has none. */
export function readOAuth(value: unknown, place: Place): Partial<OAuthRule> | null {
  if (value === null) return null;
  const object = readObject(value, place, Object.keys(DEFAULT_OAUTH));
  const rule: { -readonly [Member in keyof OAuthRule]?: OAuthRule[Member] } = {};
  const { accessTokenPrefix, dynamicRegistration, origins } = object;
  if (accessTokenPrefix !== undefined && accessTokenPrefix !== "") {
    rule.accessTokenPrefix = readText(
      accessTokenPrefix,
      within(place, "accessTokenPrefix"),
      PREFIX,
    );
  } else if (accessTokenPrefix === "") rule.accessTokenPrefix = "";
  if (dynamicRegistration !== undefined) {
    rule.dynamicRegistration = readFlag(dynamicRegistration, within(place, "dynamicRegistration"));
  }
  if (origins !== undefined) {
    rule.origins = readTexts(origins, within(place, "origins"), ORIGIN, 20);
  }
  for (const [member, from, to] of SECONDS) {
    if (object[member] === undefined) continue;
    rule[member] = readInteger(object[member], within(place, member), from, to);
  }
  return rule;
}

const SECONDS = [
  ["accessTokenSeconds", 60, 86_400],
  ["refreshTokenSeconds", 60, YEAR],
  // RFC 6749 §4.1.2: ten minutes at most.
  ["codeSeconds", 10, 600],
  ["refreshGraceSeconds", 0, 300],
] as const;

/** Lays rules over each other, member by member; a grace longer than access tokens is a mistake. */
export function mergeOAuth(
  basesFirst: readonly (Partial<OAuthRule> | null | undefined)[],
  place: Place,
): OAuthRule | null {
  let merged: Partial<OAuthRule> | undefined;
  for (const rule of basesFirst) {
    if (rule === null) merged = undefined;
    else if (rule !== undefined) merged = { ...merged, ...rule };
  }
  if (merged === undefined) return null;
  const rule = { ...DEFAULT_OAUTH, ...merged };
  if (rule.refreshGraceSeconds > rule.accessTokenSeconds) {
    report(
      within(within(place, "oauth"), "refreshGraceSeconds"),
      "is longer than access tokens live",
    );
  }
  return rule;
}
