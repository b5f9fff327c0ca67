import { invalidField } from "@latchkey/engine";
import { OWN_PREFIXES, WEBHOOK_CATALOGUE } from "../store/webhook-catalogue.ts";
import type { WebhookFormat } from "../store/webhook-record.ts";

const LONGEST_URL = 2048;
const LONGEST_TEMPLATE = 8192;
const MOST_DATA = 65_536;
const LONGEST_PATH = 200;

/** A type of event: words with `.`, `_` or `-` between them, as `BOOKING_CREATED` or `user.made`. */
const TYPE = /^[A-Za-z][A-Za-z0-9_-]{0,63}(?:\.[A-Za-z0-9_-]{1,64}){0,4}$/;
const PATTERN = /^(?:\*|[A-Za-z][A-Za-z0-9_.-]{0,200}\.\*)$/;

/**
 * Refuses an address that no webhook may go to whatever it resolves to; each request is checked
 * again when it is made. @throws {ApiError} `INVALID_REQUEST` naming `field`.
 */
export function checkUrl(url: string, field = "url"): void {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol) || url.length > LONGEST_URL) {
    throw invalidField(
      field,
      `${field} must be an https or http URL of at most ${LONGEST_URL} characters.`,
    );
  }
  if (parsed.username !== "" || parsed.password !== "") {
    throw invalidField(field, `${field} may have no user name and no password in it.`);
  }
  if (parsed.hash !== "") throw invalidField(field, `${field} may have no fragment.`);
}

/** The wanted events, each once. @throws {ApiError} `INVALID_REQUEST` naming the first wrong one. */
export function checkedEvents(events: readonly string[], field = "events"): readonly string[] {
  for (const [i, type] of events.entries()) {
    if (PATTERN.test(type)) continue;
    const isOwn = OWN_PREFIXES.some((prefix) => type.startsWith(prefix));
    const isKnown = isOwn ? WEBHOOK_CATALOGUE[type] !== undefined : TYPE.test(type);
    if (isKnown) continue;
    const at = `${field}[${i}]`;
    throw invalidField(at, `${at} is no type of event, no prefix with .* behind it, and not *.`);
  }
  return [...new Set(events)];
}

/** @throws {ApiError} `INVALID_REQUEST` for a type that is Latchkey's own or none. */
export function checkPublished(type: string, data: object): void {
  if (!TYPE.test(type)) {
    throw invalidField(
      "type",
      "type must be up to 5 words of up to 64 letters, digits, _ or -, with . between them and a letter first.",
    );
  }
  if (OWN_PREFIXES.some((prefix) => type.startsWith(prefix))) {
    throw invalidField("type", "type begins like an event that only Latchkey sends.");
  }
  if (Buffer.byteLength(JSON.stringify(data)) > MOST_DATA) {
    throw invalidField("data", `data must have at most ${MOST_DATA} bytes of JSON.`);
  }
  const inexact = inexactNumber(data, "data")?.slice(0, LONGEST_PATH);
  if (inexact === undefined) return;
  throw invalidField(
    inexact,
    `${inexact} is a number that JSON does not carry exactly: send it as text.`,
  );
}

/** Where an integer is that lost digits when it was read, or a number that no double can hold. */
function inexactNumber(value: unknown, path: string): string | undefined {
  if (typeof value === "number") return isExact(value) ? undefined : path;
  if (typeof value !== "object" || value === null) return undefined;
  const isList = Array.isArray(value);
  for (const [name, member] of Object.entries(value)) {
    const found = inexactNumber(member, isList ? `${path}[${name}]` : `${path}.${name}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** RFC 7493 §2.2. What is larger may still be exact: fifteen digits always are, as in 1e21. */
function isExact(number: number): boolean {
  if (!Number.isInteger(number)) return Number.isFinite(number);
  return Number.isSafeInteger(number) || Number(number.toPrecision(15)) === number;
}

/** @throws {ApiError} `INVALID_REQUEST` where the format has no templates, or for a long one. */
export function checkTemplate(template: string | null, format: WebhookFormat): void {
  if (template === null) return;
  const field = "payloadTemplate";
  if (format !== "calcom")
    throw invalidField(field, "This API's webhooks have no payloadTemplate.");
  if (template.length <= LONGEST_TEMPLATE) return;
  throw invalidField(field, `${field} must have at most ${LONGEST_TEMPLATE} characters.`);
}

/** @throws {ApiError} `INVALID_REQUEST` for a secret of which signatures could be guessed. */
export function checkWebhookSecret(secret: string): void {
  if (!secret.startsWith("whsec_")) {
    const isStrong = /^[\x21-\x7e]{24,128}$/.test(secret);
    if (!isStrong)
      throw invalidField("secret", "secret must be 24 to 128 visible ASCII characters.");
    return;
  }
  const key = Buffer.from(secret.slice("whsec_".length), "base64");
  const isWhole = `whsec_${key.toString("base64")}` === secret;
  if (isWhole && key.length >= 24 && key.length <= 64) return;
  throw invalidField("secret", "secret must have the base64 of 24 to 64 bytes after whsec_.");
}
