import { createHash, hkdfSync } from "node:crypto";
import { headerCount, invalidField } from "@latchkey/engine";
import type { FastifyRequest } from "fastify";
import type { Idempotency } from "../store/store.ts";

const NO_BODY = createHash("sha256").digest();

/**
 * Turns a call's Idempotency-Key into what the store needs; `undefined` without one. Where the
 * caller's token does not say all of who acts for whom, `identity` does.
 */
export type IdempotencyOf = (
  request: FastifyRequest,
  api: string,
  identity?: readonly (string | null)[],
) => Idempotency | undefined;

/**
 * Honoured on POST. What is derived needs the raw header value, the caller's token and, for the
 * sealing keys, the master keys: none of them is kept, so a stolen table opens no stored answer. The
 * first master key seals, and what was sealed under any of them is opened.
 */
export function createIdempotency(masterKeys: readonly Uint8Array[]): IdempotencyOf {
  if (masterKeys.length === 0) throw new Error("idempotency needs a master key");

  return (request, api, identity = []) => {
    const value = request.headers["idempotency-key"];
    if (value === undefined || request.method !== "POST") return undefined;
    // Node joins the lines of a repeated header, and a joined value is nobody's.
    const isOne = headerCount(request.raw.rawHeaders, "idempotency-key") === 1;
    if (typeof value !== "string" || !isOne || value.length < 1 || value.length > 128) {
      throw invalidField("idempotency-key", "Send one Idempotency-Key of 1 to 128 characters.");
    }
    const token = request.headers.authorization ?? "";
    const more = identity.map((part) => part ?? "");
    const [path = ""] = request.url.split("?", 1);
    const caller = sha256(framed([value, token, ...more]));
    return {
      keyDigest: sha256(framed(["key", value, token, api, ...more])),
      bodyDigest: sha256(framed([request.method, path]), request.bodyDigest ?? NO_BODY),
      sealingKeys: masterKeys.map(
        (masterKey) => new Uint8Array(hkdfSync("sha256", masterKey, "", caller, 32)),
      ),
    };
  };
}

function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest();
}

/** Each text after its length, so that no two lists of texts give the same bytes. */
function framed(texts: readonly string[]): Buffer {
  return Buffer.from(texts.map((text) => `${text.length}:${text}`).join(""));
}
