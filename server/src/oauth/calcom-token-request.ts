import { invalidClient, invalidRequest } from "./calcom-token-fault.ts";

/** What `calcom`'s token endpoint was asked for, by a client that has not proved itself yet. */
export interface TokenRequest {
  readonly clientId: string;
  readonly clientSecret: string | undefined;
  readonly grant: CodeGrant | RefreshGrant;
}

interface CodeGrant {
  readonly type: "authorization_code";
  readonly code: string;
  readonly redirectUri: string;
  readonly codeVerifier: string | undefined;
}

interface RefreshGrant {
  readonly type: "refresh_token";
  readonly refreshToken: string;
}

const FIELDS = [
  ...["grant_type", "client_id", "client_secret", "code"],
  ...["redirect_uri", "code_verifier", "refresh_token"],
];
/** Longer than anything that was ever issued, and than any address that can be registered. */
const MOST_TEXT = 2048;
const MOST_FIELDS = 32;
const BASIC = /^basic +([A-Za-z0-9+/=]+) *$/i;

/**
 * Reads a body that was JSON or a form, and the client's id and secret from HTTP Basic where they
 * came so (RFC 6749 §2.3.1). @throws {TokenFault}
 */
export function readTokenRequest(body: unknown, authorization: string | undefined): TokenRequest {
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    throw invalidRequest("Body is required");
  }
  const members = Object.entries(body);
  if (members.length === 0) throw invalidRequest("Body is required");
  const given = new Map(members.filter(([, value]) => value !== ""));
  const basic = readBasic(authorization);
  if (basic !== undefined) addBasic(given, basic);
  if (given.get("client_id") === undefined) throw invalidRequest("client_id is required");
  const type = given.get("grant_type");
  if (type !== "authorization_code" && type !== "refresh_token") {
    throw invalidRequest("grant_type must be 'authorization_code' or 'refresh_token'");
  }
  const faults = [...given].slice(0, MOST_FIELDS).flatMap(([name, value]) => faultOf(name, value));
  if (faults.length > 0) throw invalidRequest(faults.join(", "));

  const optional = (name: string) => given.get(name) as string | undefined;
  const required = (name: string): string => {
    const value = optional(name);
    if (value === undefined) throw invalidRequest(`${name} is required`);
    return value;
  };
  return {
    clientId: required("client_id"),
    clientSecret: optional("client_secret"),
    grant:
      type === "refresh_token"
        ? { type, refreshToken: required("refresh_token") }
        : {
            type,
            code: required("code"),
            redirectUri: required("redirect_uri"),
            codeVerifier: optional("code_verifier"),
          },
  };
}

/** What is wrong with one member, without its value. */
function faultOf(name: string, value: unknown): readonly string[] {
  if (!FIELDS.includes(name)) {
    return [`property ${/^[\w.-]{1,64}$/.test(name) ? name : "<invalid>"} should not exist`];
  }
  if (typeof value !== "string") return [`${name} must be a string`];
  if (value.length <= MOST_TEXT) return [];
  return [`${name} must be shorter than or equal to ${MOST_TEXT} characters`];
}

interface Basic {
  readonly id: string;
  readonly secret: string;
}

/** `undefined`: another scheme, which proves nothing here. */
function readBasic(authorization: string | undefined): Basic | undefined {
  if (authorization === undefined || !/^basic(?: |$)/i.test(authorization)) return undefined;
  const [, encoded = ""] = BASIC.exec(authorization) ?? [];
  const text = Buffer.from(encoded, "base64").toString();
  const colon = text.indexOf(":");
  try {
    if (colon < 1) throw new Error("no colon");
    const [id, secret] = [text.slice(0, colon), text.slice(colon + 1)].map(formDecoded);
    return { id: id ?? "", secret: secret ?? "" };
  } catch {
    throw invalidClient("invalid_client_credentials");
  }
}

/** RFC 6749 §2.3: one way of proving itself in a request, and one client. */
function addBasic(given: Map<string, unknown>, { id, secret }: Basic): void {
  const named = given.get("client_id");
  if (given.has("client_secret") || (named !== undefined && named !== id)) {
    throw invalidRequest("client_id and client_secret must be sent once");
  }
  given.set("client_id", id);
  if (secret !== "") given.set("client_secret", secret);
}

function formDecoded(text: string): string {
  return decodeURIComponent(text.replaceAll("+", " "));
}
