import { isIP } from "node:net";
import { readNetwork, UNIX_PEER } from "@latchkey/engine";

/** What is wrong with a setting's value, as the end of a sentence that begins with its name. */
export class ValueFault extends Error {}

/** A value that must never be printed or logged. */
export type Secret = string & { readonly __secret: "secret" };

/** `url` is the whole setting; a SQLite path starts at the working folder. */
export type Database =
  | { readonly kind: "sqlite"; readonly url: string; readonly path: string }
  | { readonly kind: "postgres"; readonly url: Secret };

const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

const MASTER_KEY = /^[A-Za-z0-9_-]{43}$/;
const POLICY_FILE = /[^/]\.(?:m?[jt]s|json)$/;
const MOST_MASTER_KEYS = 10;
const MOST_LISTED = 1000;
/** 104 on macOS, 108 on Linux, with a zero at the end. */
const MOST_SOCKET_PATH_BYTES = 103;
const TOKEN = /^[\x21-\x7e]{32,512}$/;
const HOST_NAME =
  /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/i;
/** What ends like numbers was meant as an address, and a mistyped one must not pass as a name. */
const NAMED_AT_END = /[a-z][^.]*$/i;
/** Those of PostgreSQL's own programs that its driver knows, and one of the driver's. */
const SSL_MODES = ["disable", "prefer", "require", "verify-ca", "verify-full", "no-verify"];
const MAIL_ADDRESS =
  /^(?:[^<>\r\n]{1,128} <[^\s<>@]{1,64}@[^\s<>@]{1,253}>|[^\s<>@]{1,64}@[^\s<>@]{1,253})$/;

/** 0 to 65535; 0 takes a free one. */
export function port(text: string): number {
  const value = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value <= 65_535)) throw new ValueFault("is not a whole number from 0 to 65535");
  return value;
}

/** An address or a host name to listen on, without port or brackets. */
export function listenHost(text: string): string {
  if (isIP(text) === 0 && !isHostName(text)) {
    throw new ValueFault("is neither an address nor a host name");
  }
  return text;
}

/** A path that fits an address of a Unix socket wherever there are any: sockaddr_un, unix(7). */
export function socketFile(text: string): string {
  const bytes = Buffer.byteLength(text);
  if (bytes > MOST_SOCKET_PATH_BYTES) {
    throw new ValueFault(`is longer than ${MOST_SOCKET_PATH_BYTES} bytes, the most for a socket`);
  }
  if (text.includes("\0") || text.endsWith("/")) throw new ValueFault("names no file");
  return text;
}

/** The origin of an http or https URL: no path, no query, no trailing slash. */
export function publicUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== "http:" && url?.protocol !== "https:") {
    throw new ValueFault("is not an http or https URL");
  }
  if (url.username !== "" || url.password !== "") throw new ValueFault("has a user name in it");
  if (url.pathname !== "/" || url.search !== "" || url.hash !== "") {
    throw new ValueFault("has more than scheme, host and port");
  }
  return url.origin;
}

/** A file that can hold a policy. */
export function policyFile(text: string): string {
  if (!POLICY_FILE.test(text)) {
    throw new ValueFault("does not end in .ts, .mts, .js, .mjs or .json");
  }
  return text;
}

/** `sqlite:PATH` or `postgres://…`. */
export function database(text: string): Database {
  if (!text.startsWith("sqlite:")) {
    if (!isUrlOf(text, ["postgres:", "postgresql:"])) {
      throw new ValueFault("is neither `sqlite:PATH` nor a postgres:// URL");
    }
    if (!isDecodable(text)) throw new ValueFault("has a `%` that cannot be decoded");
    const sslMode = new URL(text).searchParams.get("sslmode");
    if (sslMode !== null && !SSL_MODES.includes(sslMode)) {
      throw new ValueFault(`has an sslmode that is none of ${SSL_MODES.join(", ")}`);
    }
    return { kind: "postgres", url: text as Secret };
  }
  const path = text.slice("sqlite:".length);
  if (path === "" || path.includes("\0")) throw new ValueFault("names no file after `sqlite:`");
  // Writes and reads have a connection each, and memory is not shared between them.
  if (path.startsWith(":")) throw new ValueFault("names no file: a database lives on disk");
  return { kind: "sqlite", url: text, path };
}

/** A URL of one of the schemes (with their colons). It may hold a password, so it is a `Secret`. */
function urlOf(...schemes: readonly string[]): (text: string) => Secret {
  return (text) => {
    if (isUrlOf(text, schemes)) return text as Secret;
    throw new ValueFault(`is not a ${schemes.map((scheme) => `${scheme}//`).join(" or ")} URL`);
  };
}

/** `redis[s]://[user[:password]@]host[:port][/database]`. */
export function redisUrl(text: string): Secret {
  const url = urlOf("redis:", "rediss:")(text);
  const { hostname, pathname, search, hash } = new URL(text);
  const hasMore = !/^(\/\d{0,5})?$/.test(pathname) || search !== "" || hash !== "";
  if (hostname === "" || hasMore || !isDecodable(text)) {
    throw new ValueFault("is not redis[s]://[user[:password]@]host[:port][/database]");
  }
  return url;
}

/** `smtp[s]://[user[:password]@]host[:port]`. */
export function smtpUrl(text: string): Secret {
  const url = urlOf("smtp:", "smtps:")(text);
  const { hostname, pathname } = new URL(text);
  if (hostname === "" || !/^\/?$/.test(pathname) || !isDecodable(text)) {
    throw new ValueFault("is not smtp[s]://[user[:password]@]host[:port]");
  }
  return url;
}

/** Keys of 32 bytes each, newest first. */
export function masterKeys(text: string): readonly Uint8Array[] {
  return list(text, MOST_MASTER_KEYS).map((part, index, parts) => {
    const key = Buffer.from(part, "base64url");
    // The last character carries 4 of its 6 bits: another spelling of the same key is a typo.
    if (!MASTER_KEY.test(part) || key.toString("base64url") !== part) {
      const which = parts.length === 1 ? "" : `, key ${index + 1} of ${parts.length}`;
      throw new ValueFault(`is not 32 bytes in base64url (43 characters)${which}`);
    }
    return new Uint8Array(key);
  });
}

/** 32 to 512 visible ASCII characters: what fits a header and cannot be guessed. */
export function operatorToken(text: string): Secret {
  if (text.length < 32) throw new ValueFault("is shorter than 32 characters");
  if (!TOKEN.test(text)) {
    throw new ValueFault("is longer than 512 characters or has one that no header can carry");
  }
  return text as Secret;
}

/** `true` or `false`, nothing else. */
export function flag(text: string): boolean {
  if (text !== "true" && text !== "false") throw new ValueFault("is neither `true` nor `false`");
  return text === "true";
}

/** 1 to 60. */
export function timeoutSeconds(text: string): number {
  const value = /^\d{1,2}$/.test(text) ? Number(text) : 0;
  if (!(value >= 1 && value <= 60)) throw new ValueFault("is not a whole number from 1 to 60");
  return value;
}

/** One of pino's levels. */
export function logLevel(text: string): LogLevel {
  const level = LOG_LEVELS.find((name) => name === text);
  if (level === undefined) throw new ValueFault(`is none of ${LOG_LEVELS.join(", ")}`);
  return level;
}

/** `address@host` or `Name <address@host>`. */
export function mailFrom(text: string): string {
  if (!MAIL_ADDRESS.test(text)) throw new ValueFault("is not a mail address");
  return text;
}

/** CIDR blocks and single addresses, in their one spelling, and `unix`. */
export function proxies(text: string): readonly string[] {
  return list(text, MOST_LISTED).map((part) => (part === UNIX_PEER ? part : network(part, text)));
}

/** CIDR blocks, single addresses and host names, those in lower case. */
export function networksAndHosts(text: string): readonly string[] {
  return list(text, MOST_LISTED).map((part) =>
    isHostName(part) ? part.toLowerCase() : network(part, text, "is no host name, and "),
  );
}

/** Whether it looks like a URL with a user: a password may stand before the `@`. */
export function mayHoldPassword(text: string): boolean {
  return /\/\/.*@/s.test(text);
}

/**
 * A CIDR block or a single address, in its one spelling. `text` is the list that it is part of,
 * `otherwise` what else it could have been and is not.
 */
function network(part: string, text: string, otherwise = ""): string {
  const reading = readNetwork(part);
  if (!("fault" in reading)) return reading.network.text;
  const shown = mayHoldPassword(text) ? "something that" : `${quoted(part)}, which`;
  throw new ValueFault(`lists ${shown} ${otherwise}${reading.fault}`);
}

function isHostName(text: string): boolean {
  return HOST_NAME.test(text) && NAMED_AT_END.test(text);
}

/** Whether what is percent-encoded in it is so, and UTF-8. */
function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

function isUrlOf(text: string, schemes: readonly string[]): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url !== undefined && schemes.includes(url.protocol) && text.includes("//");
}

function list(text: string, most: number): string[] {
  const parts = text.split(",", most + 1).map((part) => part.trim());
  if (parts.length > most) throw new ValueFault(`lists more than ${most}`);
  if (parts.includes("")) throw new ValueFault("has an empty place in its list");
  return parts;
}

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 60));
}
