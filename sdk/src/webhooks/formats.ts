import { WebhookError } from "./webhook-error.ts";

/**
 * Which signature is verified. `standard-webhooks` is on every delivery of Latchkey's and alone has
 * a timestamp, so that what was recorded cannot be sent again later; the others are those of the
 * documents that know only these.
 */
export type WebhookFormat = "standard-webhooks" | "standard" | "savvycal" | "calcom";

/** What was signed, and the signatures that it came with. */
export interface Signed {
  /** `null`: the format has none. */
  readonly id: string | null;
  /** Unix seconds; `null`: the format has none. */
  readonly timestamp: number | null;
  readonly content: Uint8Array<ArrayBuffer>;
  /** HMAC-SHA-256. */
  readonly macs: readonly Uint8Array<ArrayBuffer>[];
  /** Ed25519. */
  readonly signatures: readonly Uint8Array<ArrayBuffer>[];
}

/** The value of a header by its name in lower case. */
export type HeaderOf = (name: string) => string | undefined;

/** More than a sender in the middle of a rotation has any use for. */
const MOST_SIGNATURES = 10;

/** @throws {WebhookError} `header_missing`, `header_malformed` or `unsigned`. */
export function readSigned(
  format: WebhookFormat,
  headerOf: HeaderOf,
  body: Uint8Array<ArrayBuffer>,
): Signed {
  if (format === "standard-webhooks") return readStandardWebhooks(headerOf, body);
  const { name, pattern, form } = PLAIN[format];
  const texts = [required(headerOf, name), headerOf(`${name}-next`)];
  const macs = texts.flatMap((text) => {
    if (text === undefined) return [];
    if (text === "no-secret-provided") {
      throw new WebhookError(
        "unsigned",
        `${name} says that the sender knows no secret to sign with.`,
      );
    }
    const [, hex] = pattern.exec(text) ?? [];
    if (hex === undefined) throw malformed(name, form);
    return [fromHex(hex)];
  });
  return { id: null, timestamp: null, content: body, macs, signatures: [] };
}

const HEX = /^([0-9a-f]{64})$/;
const PLAIN = {
  standard: { name: "x-webhook-signature", pattern: HEX, form: "64 lower-case hex digits" },
  savvycal: {
    name: "x-savvycal-signature",
    pattern: /^sha256=([0-9A-F]{64})$/,
    form: "sha256= and 64 upper-case hex digits",
  },
  calcom: { name: "x-cal-signature-256", pattern: HEX, form: "64 lower-case hex digits" },
} as const;

/** Standard Webhooks 1.0, "Verifying signatures". */
function readStandardWebhooks(headerOf: HeaderOf, body: Uint8Array<ArrayBuffer>): Signed {
  const id = required(headerOf, "webhook-id");
  const timestamp = required(headerOf, "webhook-timestamp");
  if (!/^\d{1,12}$/.test(timestamp)) throw malformed("webhook-timestamp", "Unix seconds");
  const listed = required(headerOf, "webhook-signature").split(" ").slice(0, MOST_SIGNATURES);
  const of = (version: string, length: number) =>
    listed
      .filter((each) => each.startsWith(`${version},`))
      .map((each) => fromBase64(each.slice(version.length + 1)))
      .filter((bytes) => bytes?.length === length)
      .filter((bytes) => bytes !== undefined);
  const macs = of("v1", 32);
  const signatures = of("v1a", 64);
  if (macs.length + signatures.length === 0) {
    throw malformed("webhook-signature", "v1, or v1a, and base64");
  }
  const head = new TextEncoder().encode(`${id}.${timestamp}.`);
  const content = new Uint8Array(head.length + body.length);
  content.set(head);
  content.set(body, head.length);
  return { id, timestamp: Number(timestamp), content, macs, signatures };
}

function required(headerOf: HeaderOf, name: string): string {
  const value = headerOf(name);
  if (value !== undefined && value !== "") return value;
  const message = `The header ${name} is missing: this is no webhook, or a proxy took it away.`;
  throw new WebhookError("header_missing", message);
}

function malformed(name: string, form: string): WebhookError {
  return new WebhookError("header_malformed", `The header ${name} does not hold ${form}.`);
}

/** `undefined` for what is no base64; it may be without its padding, and not with a part of it. */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (!/^[A-Za-z0-9+/]{1,512}={0,2}$/.test(text)) return undefined;
  if (text.length % 4 === 1 || (text.endsWith("=") && text.length % 4 !== 0)) return undefined;
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

function fromHex(hex: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: hex.length / 2 }, (_, i) =>
    Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16),
  );
}
