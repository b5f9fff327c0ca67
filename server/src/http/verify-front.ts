import { isUtf8 } from "node:buffer";
import type { IncomingMessage } from "node:http";
import { ApiError, header, headerCount, requestIdOf } from "@latchkey/engine";
import type { Static, TSchema } from "typebox";
import { decide, decideAll, type VerifyParts } from "./described-decision.ts";
import { toApiError, writeError } from "./errors.ts";
import { isCoded, MAX_BODY } from "./json-body.ts";
import type { Operator, Operators } from "./operators.ts";
import { may } from "./permissions.ts";
import type { PlainDoor } from "./plain-connections.ts";
import { headOf, type RequestHead } from "./plain-request.ts";
import type { ProtectedApi } from "./protected-api.ts";
import { type Reply, replyOn } from "./reply.ts";
import { VerifyBatchBody, VerifyBody } from "./schemas/decision.ts";
import type { Front } from "./server.ts";
import { buildValidator } from "./validation.ts";

/** What the front of `verify` is made of. */
export interface VerifyFrontParts extends VerifyParts {
  readonly operators: Operators;
  /** What every answer carries: names and values in turn. */
  readonly headers: readonly string[];
  /** Told of faults; the caller sees a 500 with the request id. */
  readonly onFault: (fault: unknown, requestId: string) => void;
}

/** A call that has everything it takes to be answered here. */
interface Call {
  readonly api: ProtectedApi;
  readonly operator: Operator;
  readonly batch: boolean;
  /** Bytes of its body. */
  readonly length: number;
}

const PREFIX = "/v1/apis/";
const ONE = "/verify";
const BATCH = "/verify/batch";

/** The two ways to the calls: for requests that are there as a whole, and for Node's. */
export interface VerifyFront {
  readonly plain: PlainDoor;
  readonly front: Front;
}

/**
 * `POST verify` and `verify/batch` before the framework, which costs more than the decision does.
 * Answers calls with an operator's token and nothing wrong with them; any other goes on to the
 * framework as if nobody had looked at it, so that one place tells of what is wrong.
 */
export function createVerifyFront(parts: VerifyFrontParts): VerifyFront {
  const isOne = validatorOf(VerifyBody);
  const isBatch = validatorOf(VerifyBatchBody);

  /** What the call is answered with; `undefined`: something is wrong with it, and nothing is decided. */
  function decided(
    call: Call,
    body: unknown,
    requestId: string,
  ): string | Promise<string> | undefined {
    try {
      if (call.batch) {
        return isBatch(body) ? decideAll(parts, call.api, body.requests, requestId) : undefined;
      }
      if (!isOne(body) || body.explain === true) return undefined;
      return decide(parts, call.api, body.request, requestId);
    } catch (fault) {
      if (fault instanceof ApiError) return undefined;
      // Decided once more in the framework, it would count once more.
      return Promise.reject(fault);
    }
  }

  /** False: something is wrong, and nothing is decided. */
  function answer(call: Call, body: Buffer, { rawHeaders }: RequestHead, reply: Reply): boolean {
    const requestId = requestIdOf(rawHeaders);
    const asked = parsed(body);
    const made = asked === undefined ? undefined : decided(call, asked, requestId);
    if (made === undefined) return false;
    if (made instanceof Promise) {
      made.then(
        (text) => send(reply, text, requestId, parts.headers),
        (fault) => {
          parts.onFault(fault, requestId);
          writeError(reply, toApiError(fault), requestId, parts.headers);
        },
      );
    } else {
      send(reply, made, requestId, parts.headers);
    }
    return true;
  }

  return {
    plain(request, reply) {
      const call = callOf(parts, request);
      return call !== undefined && answer(call, request.body, request, reply);
    },
    front(request, response, framework) {
      const head = headOf(request);
      const call = callOf(parts, head);
      if (call === undefined) return false;
      readBody(request, call.length, (body) => {
        // Rights may have ended while the sender held the body back.
        const isLive = parts.operators.isLive(call.operator);
        if (isLive && answer(call, body, head, replyOn(response))) return;
        request.pause();
        request.unshift(body);
        framework(request, response);
      });
      return true;
    },
  };
}

/** `undefined` for whatever is not plainly one of these calls by somebody who may make it. */
function callOf(parts: VerifyFrontParts, request: RequestHead): Call | undefined {
  const { url, rawHeaders } = request;
  if (request.method !== "POST" || !url.startsWith(PREFIX)) return undefined;
  const slugEnd = url.indexOf("/", PREFIX.length);
  const batch = url.endsWith(BATCH);
  if (slugEnd === -1 || slugEnd !== url.length - (batch ? BATCH : ONE).length) return undefined;
  if (!batch && !url.endsWith(ONE)) return undefined;
  const api = parts.apis.get(url.slice(PREFIX.length, slugEnd));
  const length = Number(header(rawHeaders, "content-length"));
  if (api === undefined || !(length > 0 && length <= MAX_BODY)) return undefined;
  if (header(rawHeaders, "content-type") !== "application/json") return undefined;
  if (isCoded(header(rawHeaders, "content-encoding"))) return undefined;
  if (headerCount(rawHeaders, "authorization") !== 1) return undefined;
  const operator = parts.operators.byHeaders(rawHeaders);
  if (operator === undefined || !may(operator.role, batch ? "enforce" : "verify")) return undefined;
  if (operator.apis !== null && !operator.apis.has(api.slug)) return undefined;
  return { api, operator, batch, length };
}

/** The framework's own validation of a body. */
function validatorOf<Schema extends TSchema>(schema: Schema) {
  return buildValidator({})({ schema, httpPart: "body" }) as (
    body: unknown,
  ) => body is Static<Schema>;
}

/** Calls back once, with the whole body. */
function readBody(request: IncomingMessage, length: number, then: (body: Buffer) => void): void {
  const chunks: Buffer[] = [];
  let received = 0;
  request.on("data", function read(chunk: Buffer) {
    chunks.push(chunk);
    received += chunk.length;
    if (received < length) return;
    request.off("data", read);
    then(chunks.length === 1 ? chunk : Buffer.concat(chunks, received));
  });
}

/** `undefined` for what is no JSON. How deep it may be the schemas say, and V8 parses any depth. */
function parsed(body: Buffer): unknown {
  if (!isUtf8(body)) return undefined;
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}

function send(reply: Reply, text: string, requestId: string, headers: readonly string[]): void {
  reply(
    200,
    [
      "x-request-id",
      requestId,
      ...headers,
      "content-type",
      "application/json; charset=utf-8",
      "content-length",
      String(Buffer.byteLength(text)),
    ],
    text,
  );
}
