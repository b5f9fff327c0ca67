import {
  ApiError,
  type CompiledPolicy,
  invalidField,
  isShownName,
  linkFault,
  redirectUriFault,
  suggestion,
} from "@latchkey/engine";
import type {
  ApplicationKind,
  ApplicationSettings,
  ApplicationType,
  LogoutRules,
  PkceRule,
} from "../store/application-record.ts";
import { PLATFORM_PERMISSIONS } from "./platform-permissions.ts";

/** What an application is, may do and where it sends people; the API's policy has a say in it. */
export interface ApplicationRules {
  readonly name?: string;
  /** 1 to 10, none twice. */
  readonly redirectUris?: readonly string[];
  /** Scopes of the policy; none when absent. */
  readonly scopes?: readonly string[];
  /** Names of platform permissions, or `*` for all; none when absent. */
  readonly permissions?: readonly string[];
  readonly logo?: string | null;
  readonly homePage?: string | null;
  readonly settings?: Partial<ApplicationSettings>;
  readonly logout?: Partial<LogoutRules>;
}

/** The scheme by which a platform application proves itself. */
const PLATFORM_SCHEME = "client-secret-headers";

/**
 * Checks what never changes of an application once it is there.
 * @throws {ApiError} `INVALID_REQUEST` whose `details.field` is the wrong member; `FORBIDDEN` when
 * the API takes no new ones of the kind.
 */
export function checkApplicationKind(
  kind: ApplicationKind,
  type: ApplicationType,
  { policy }: CompiledPolicy,
): void {
  if (kind === "oauth") return;
  if (!policy.schemes.includes(PLATFORM_SCHEME)) {
    throw invalidField(
      "kind",
      "This API has no platform applications: its policy has no scheme for them.",
    );
  }
  if (policy.platformSignups === "closed") {
    const closed = "This API takes no new platform applications; those that exist work on.";
    throw new ApiError("FORBIDDEN", closed);
  }
  if (type === "public") throw invalidField("type", "A platform application keeps a secret.");
}

/**
 * Checks rules that are about to be written for an application of this kind.
 * @throws {ApiError} `INVALID_REQUEST` whose `details.field` is the first wrong member.
 */
export function checkApplicationRules(
  rules: ApplicationRules,
  kind: ApplicationKind,
  policy: CompiledPolicy,
): void {
  checkName(rules.name);
  if (rules.redirectUris !== undefined) checkRedirectUris(rules.redirectUris, kind);
  checkNames(rules.scopes ?? [], { field: "scopes", known: policy.scopes.names, noun: "scope" });
  checkPermissions(rules.permissions ?? [], kind, policy);
  const { bookingRedirectUri, bookingCancelRedirectUri, bookingRescheduleRedirectUri } =
    rules.settings ?? {};
  if (rules.logout !== undefined) checkLogout(rules.logout, kind, policy);
  checkLink(rules.logo, "logo");
  checkLink(rules.homePage, "homePage");
  checkLink(bookingRedirectUri, "settings.bookingRedirectUri");
  checkLink(bookingCancelRedirectUri, "settings.bookingCancelRedirectUri");
  checkLink(bookingRescheduleRedirectUri, "settings.bookingRescheduleRedirectUri");
}

/**
 * Without a secret only the challenge ties a code to who asked for it (RFC 9700 §2.1.1).
 * @throws {ApiError} `INVALID_REQUEST` whose `details.field` is `pkce`.
 */
export function checkPkce(pkce: PkceRule | undefined, type: ApplicationType): void {
  if (pkce !== "optional" || type !== "public") return;
  throw invalidField("pkce", "A public application must use PKCE.");
}

/** The permissions by name, each once, in the order of their bits; `*` is all that there are. */
export function namedPermissions(
  permissions: readonly string[],
  policy: CompiledPolicy,
): readonly string[] {
  return platformPermissions(policy).filter(
    (name) => permissions.includes("*") || permissions.includes(name),
  );
}

function platformPermissions({ scopes }: CompiledPolicy): readonly string[] {
  return PLATFORM_PERMISSIONS.filter((name) => scopes.has(name));
}

/** People who are asked to approve it decide by its name. */
function checkName(name: string | undefined): void {
  if (name === undefined || isShownName(name)) return;
  const rule = "must show something, on one line, without characters that hide others";
  throw invalidField("name", `name ${rule}.`);
}

function checkRedirectUris(uris: readonly string[], kind: ApplicationKind): void {
  if (uris.length < 1 || uris.length > 10) {
    throw invalidField("redirectUris", "redirectUris must have 1 to 10 elements.");
  }
  checkUris(uris, "redirectUris", { patterns: kind === "platform" });
}

/** Users are sent there, and told of: the rules of redirect URIs hold. */
function checkLogout(
  { postLogoutRedirectUris = [], backchannelLogoutUri = null }: Partial<LogoutRules>,
  kind: ApplicationKind,
  policy: CompiledPolicy,
): void {
  if (kind !== "oauth") throw invalidField("logout", "Nobody signs in for a platform application.");
  if (!hasSignOut(policy))
    throw invalidField("logout", "This API's sign-ins end at no application.");
  checkUris(postLogoutRedirectUris, "logout.postLogoutRedirectUris", { patterns: false });
  if (backchannelLogoutUri === null) return;
  checkUri(backchannelLogoutUri, "logout.backchannelLogoutUri", { patterns: false });
}

/** The document of `calcom` knows no ID tokens, so no application could tell who is signed out. */
function hasSignOut({ policy: { oauth, renderer } }: CompiledPolicy): boolean {
  return oauth !== null && renderer !== "calcom";
}

function checkUris(
  uris: readonly string[],
  name: string,
  rule: { readonly patterns: boolean },
): void {
  for (const [i, uri] of uris.entries()) {
    const field = `${name}[${i}]`;
    checkUri(uri, field, rule);
    if (uris.indexOf(uri) < i) throw invalidField(field, `${field} is there twice.`);
  }
}

function checkUri(uri: string, field: string, rule: { readonly patterns: boolean }): void {
  const fault = redirectUriFault(uri, rule);
  if (fault !== undefined) throw invalidField(field, `${field} ${fault}`);
}

function checkPermissions(
  permissions: readonly string[],
  kind: ApplicationKind,
  policy: CompiledPolicy,
): void {
  if (kind === "oauth" && permissions.length > 0) {
    throw invalidField("permissions", "Only platform applications have permissions; use scopes.");
  }
  const known = ["*", ...platformPermissions(policy)];
  checkNames(permissions, { field: "permissions", known, noun: "permission" });
}

/** Says which element is wrong, never what it is: a secret may have been put there. */
function checkNames(
  names: readonly string[],
  { field, known, noun }: { field: string; known: readonly string[]; noun: string },
): void {
  for (const [i, name] of names.entries()) {
    if (known.includes(name)) continue;
    const element = `${field}[${i}]`;
    const fault = `${element} is not a ${noun} of this API`;
    throw invalidField(element, fault + (suggestion(name, known) || "."));
  }
}

function checkLink(text: string | null | undefined, field: string): void {
  if (text === undefined || text === null) return;
  const fault = linkFault(text);
  if (fault !== undefined) throw invalidField(field, `${field} ${fault}`);
}
