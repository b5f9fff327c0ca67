import { isUtf8 } from "node:buffer";
import { createHash } from "node:crypto";
import { ApiError } from "@latchkey/engine";
import type { FastifyInstance, FastifyRequest } from "fastify";

/** Levels of arrays and objects in a body. */
const MAX_JSON_DEPTH = 32;
/** Bytes of a body. */
export const MAX_BODY = 1024 * 1024;

/**
 * Parses JSON bodies: UTF-8 only, at most 32 levels deep, in no content coding. A missing body is an
 * empty object, so that a call whose members are all optional needs none.
 */
export function parseJsonBodies(app: FastifyInstance): void {
  app.decorateRequest("bodyDigest", null);
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    "application/json",
    { parseAs: "buffer" },
    (request: FastifyRequest, body: Buffer, done) => {
      if (isCoded(request.headers["content-encoding"])) done(coded());
      else done(null, readJson(request, body));
    },
  );
  app.addHook("preValidation", (request, _reply, done) => {
    if (request.body === undefined && request.method !== "GET") request.body = {};
    done();
  });
}

/** Whether a body is not to be read as it stands (RFC 9110 §8.4). */
export function isCoded(coding: string | undefined): boolean {
  return coding !== undefined && coding.trim().toLowerCase() !== "identity";
}

function coded(): ApiError {
  const message = "Send the body as it is, without a Content-Encoding.";
  return new ApiError("UNSUPPORTED_MEDIA_TYPE", message);
}

/**
 * What a body says; `undefined` for an empty one. Remembers a digest of the bytes where an
 * Idempotency-Key will be compared with them.
 * @throws {ApiError} `INVALID_JSON`.
 */
export function readJson(request: FastifyRequest, body: Buffer): unknown {
  if (request.headers["idempotency-key"] !== undefined) {
    request.bodyDigest = createHash("sha256").update(body).digest();
  }
  return body.length === 0 ? undefined : parseJson(body);
}

/** @throws {ApiError} `INVALID_JSON`, which never repeats what was sent. */
function parseJson(body: Buffer): unknown {
  if (!isUtf8(body)) throw new ApiError("INVALID_JSON", "The body is not valid UTF-8.");
  if (deeperThan(body, MAX_JSON_DEPTH)) {
    throw new ApiError("INVALID_JSON", `The body is nested deeper than ${MAX_JSON_DEPTH} levels.`);
  }
  try {
    return JSON.parse(body.toString());
  } catch (cause) {
    throw new ApiError("INVALID_JSON", "The body is not valid JSON.", { cause });
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Counts brackets outside strings. JSON.parse recurses, so this has to come first. */
function deeperThan(body: Buffer, levels: number): boolean {
  let depth = 0;
  for (let i = 0; i < body.length; i += 1) {
    const byte = body[i];
    if (byte === QUOTE) {
      i = stringEnd(body, i);
    } else if (byte === 0x7b || byte === 0x5b) {
      depth += 1;
      if (depth > levels) return true;
    } else if (byte === 0x7d || byte === 0x5d) {
      depth -= 1;
    }
  }
  return false;
}

/** Where the string that begins there ends; most of a body is strings, and this loop is short. */
function stringEnd(body: Buffer, start: number): number {
  let i = start + 1;
  for (; i < body.length && body[i] !== QUOTE; i += 1) if (body[i] === BACKSLASH) i += 1;
  return i;
}

declare module "fastify" {
  interface FastifyRequest {
    /** SHA-256 of the body, decoded; `null` without an Idempotency-Key or without a body. */
    bodyDigest: Uint8Array | null;
  }
}
