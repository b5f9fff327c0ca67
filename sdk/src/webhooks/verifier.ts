import {
  fromBase64,
  type HeaderOf,
  readSigned,
  type Signed,
  type WebhookFormat,
} from "./formats.ts";
import { WebhookError } from "./webhook-error.ts";

/** How webhooks are verified. */
export interface WebhookVerifierOptions {
  /** Each as it was shown; several while one is being replaced. At most ten. */
  readonly secrets: string | readonly string[];
  /** Ed25519 keys of `v1a` signatures, in base64. */
  readonly publicKeys?: readonly string[];
  /** Default: `standard-webhooks`, which every delivery of Latchkey's carries. */
  readonly format?: WebhookFormat;
  /** How far the sender's clock may be from this one's, either way; default 300. */
  readonly toleranceSeconds?: number;
  /** Longest body; default 1 MiB. */
  readonly maxBytes?: number;
  /** Unix milliseconds. */
  readonly clock?: () => number;
}

/** Headers in any of the shapes that frameworks have. */
export type WebhookHeaders =
  | { get(name: string): string | null }
  | Readonly<Record<string, string | readonly string[] | undefined>>;

/** A webhook that was sent to you. */
export interface Webhook {
  /** The same at every attempt to deliver it; `null` where the format has none. */
  readonly id: string | null;
  /** When it was sent; `null` where the format has none. */
  readonly sentAt: Date | null;
  /** The body, parsed. */
  readonly payload: unknown;
}

/** Verifies raw bodies: exactly the bytes that came, before any parser saw them. */
export type VerifyWebhook = (
  body: Uint8Array | string,
  headers: WebhookHeaders,
) => Promise<Webhook>;

const MOST_SECRETS = 10;

/**
 * Makes a verifier. Signatures are compared in constant time, with every secret; rejects with
 * `WebhookError`. @throws {TypeError} For secrets or keys that nothing could be signed with.
 */
export function createVerify(
  options: Required<Pick<WebhookVerifierOptions, "clock" | "maxBytes">> & WebhookVerifierOptions,
): VerifyWebhook {
  const { format = "standard-webhooks", toleranceSeconds = 300, maxBytes, clock } = options;
  const secrets = [options.secrets].flat();
  const keys = importKeys(format, secrets, options.publicKeys ?? []);

  return async (given, headers) => {
    const body = bytesOf(given);
    if (body.length > maxBytes) throw tooLarge(maxBytes);
    const headerOf = headerReader(headers);
    const signed = readSigned(format, headerOf, body);
    if (!(await isSigned(signed, await keys))) {
      throw await unverified(body, headerOf, secrets.length);
    }
    requireFresh(signed, toleranceSeconds, clock());
    const { id, timestamp } = signed;
    const sentAt = timestamp === null ? null : new Date(timestamp * 1000);
    return { id, sentAt, payload: parse(body) };
  };
}

/** The body is longer than the verifier takes. */
export function tooLarge(maxBytes: number): WebhookError {
  return new WebhookError("body_too_large", `The body is longer than ${maxBytes} bytes.`);
}

/** What was sent cannot be told any more. */
export function parsed(): WebhookError {
  const message =
    "The body was read before it could be verified. In Express, add this route before " +
    "express.json(), or give it express.raw(); in Fastify, keep the body as a buffer.";
  return new WebhookError("body_parsed", message);
}

interface Keys {
  readonly macs: readonly CryptoKey[];
  readonly publicKeys: readonly CryptoKey[];
}

function importKeys(
  format: WebhookFormat,
  secrets: readonly string[],
  publicKeys: readonly string[],
): Promise<Keys> {
  if (secrets.length + publicKeys.length === 0 || secrets.length > MOST_SECRETS) {
    throw new TypeError(`secrets must be one to ${MOST_SECRETS} secrets of a webhook endpoint`);
  }
  // The types say so, but JavaScript passes on a variable of the environment that is not set.
  if (secrets.some((secret) => typeof secret !== "string")) {
    throw new TypeError("a secret must be a text: is the variable that holds it set?");
  }
  const raw = secrets.map((secret) => keyBytes(format, secret));
  const points = publicKeys.map((key) => fromBase64(key));
  if (raw.some((key) => key === undefined || key.length === 0)) {
    throw new TypeError("a secret must not be empty, and whsec_ must be followed by base64");
  }
  if (points.some((key) => key?.length !== 32)) {
    throw new TypeError("a public key must be the base64 of 32 bytes");
  }
  const { subtle } = globalThis.crypto;
  const hmac = { name: "HMAC", hash: "SHA-256" } as const;
  const imported = Promise.all([
    Promise.all(raw.map((key) => subtle.importKey("raw", key ?? NONE, hmac, false, ["verify"]))),
    Promise.all(
      points.map((key) => subtle.importKey("raw", key ?? NONE, "Ed25519", false, ["verify"])),
    ),
  ]).then(([macs, imported]) => ({ macs, publicKeys: imported }));
  // Reported by whoever verifies first.
  imported.catch(() => undefined);
  return imported;
}

const NONE = new Uint8Array();

/** Standard Webhooks signs with what the base64 stands for; the documents sign with the text. */
function keyBytes(format: WebhookFormat, secret: string): Uint8Array<ArrayBuffer> | undefined {
  const isEncoded = format === "standard-webhooks" && secret.startsWith("whsec_");
  return isEncoded ? fromBase64(secret.slice("whsec_".length)) : new TextEncoder().encode(secret);
}

async function isSigned({ content, macs, signatures }: Signed, keys: Keys): Promise<boolean> {
  const { subtle } = globalThis.crypto;
  const checks = [
    ...macs.flatMap((mac) => keys.macs.map((key) => subtle.verify("HMAC", key, mac, content))),
    ...signatures.flatMap((signature) =>
      keys.publicKeys.map((key) => subtle.verify("Ed25519", key, signature, content)),
    ),
  ];
  // All of them, always: how long it takes tells nobody which secret it was.
  return (await Promise.all(checks)).includes(true);
}

/** Why no signature fits: the sender says what it sent, by RFC 9530, which proves nothing. */
async function unverified(
  body: Uint8Array<ArrayBuffer>,
  headerOf: HeaderOf,
  secrets: number,
): Promise<WebhookError> {
  const [, digest] = /sha-256=:([^:]*):/.exec(headerOf("content-digest") ?? "") ?? [];
  if (digest === undefined) {
    const message = "No signature fits: the secret is another one, or the body was changed.";
    return new WebhookError("signature_wrong", message);
  }
  const actual = new Uint8Array(await globalThis.crypto.subtle.digest("SHA-256", body));
  if (btoa(String.fromCharCode(...actual)) !== digest) {
    const message =
      "The body is not the one that was sent: verify its raw bytes, before anything parses it, " +
      "and do not write it again from what was parsed.";
    return new WebhookError("body_changed", message);
  }
  const which = secrets === 1 ? "the secret is" : `each of the ${secrets} secrets is`;
  const message = `The body is as it was sent, but ${which} another endpoint's, or an old one.`;
  return new WebhookError("secret_wrong", message);
}

function requireFresh({ timestamp }: Signed, toleranceSeconds: number, now: number): void {
  if (timestamp === null) return;
  const late = Math.round(now / 1000 - timestamp);
  if (Math.abs(late) <= toleranceSeconds) return;
  const which = late > 0 ? "before" : "after";
  const message =
    `The signature is right, but was made ${Math.abs(late)} seconds ${which} this machine's time: ` +
    "its clock is off, or an old request was sent again.";
  throw new WebhookError("clock_off", message);
}

function parse(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body));
  } catch {
    throw new WebhookError("body_not_json", "The body is signed, but is no JSON.");
  }
}

function bytesOf(body: Uint8Array | string): Uint8Array<ArrayBuffer> {
  if (typeof body === "string") return new TextEncoder().encode(body);
  // Express's types let pass what a parser left, which may have any length.
  const given: unknown = body;
  if (!ArrayBuffer.isView(given) && !(given instanceof ArrayBuffer)) throw parsed();
  return new Uint8Array(body);
}

function headerReader(headers: WebhookHeaders): HeaderOf {
  if (typeof headers.get === "function") {
    const { get } = headers as { get(name: string): string | null };
    return (name) => get.call(headers, name) ?? undefined;
  }
  const lower = new Map(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const),
  );
  return (name) => {
    const value = lower.get(name);
    // A header that came twice is none.
    return typeof value === "string" ? value : undefined;
  };
}
