import { parsed, tooLarge, type VerifyWebhook, type Webhook } from "./verifier.ts";
import { WebhookError } from "./webhook-error.ts";

/** As `node:http`, Express and Fastify hand a request over. */
export interface IncomingRequest {
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** What a parser left: bytes or text are verified, anything else cannot be. */
  readonly body?: unknown;
  /** Fastify's way to the request of `node:http`. */
  readonly raw?: unknown;
}

/** An answer of `node:http` or Express. */
export interface OutgoingResponse {
  statusCode: number;
  setHeader(name: string, value: string): unknown;
  end(body?: string): unknown;
}

/** What is done with a webhook; when it rejects, the sender is told to come again. */
export type HandleWebhook = (webhook: Webhook) => unknown;

interface Parts {
  readonly verify: VerifyWebhook;
  readonly maxBytes: number;
}

/** Reads and verifies a request of the web platform: Hono's `c.req.raw`, Bun, Deno, workers. */
export async function verifyWebRequest(parts: Parts, request: Request): Promise<Webhook> {
  if (request.bodyUsed) throw parsed();
  const body =
    request.body === null ? new Uint8Array() : await collect(request.body, parts.maxBytes);
  return parts.verify(body, request.headers);
}

/** The same for a request of `node:http`, Express or Fastify. */
export async function verifyIncoming(parts: Parts, request: IncomingRequest): Promise<Webhook> {
  const { body } = request;
  if (body instanceof Uint8Array || typeof body === "string") {
    return parts.verify(body, request.headers);
  }
  const source = isReadable(request) ? request : request.raw;
  if (body !== undefined || !isReadable(source) || source.readableEnded === true) throw parsed();
  return parts.verify(await collect(source, parts.maxBytes), request.headers);
}

/** What an error is answered with: faults of a handler say nothing about themselves. */
export function answerTo(error: unknown): { readonly status: number; readonly body: string } {
  const known = error instanceof WebhookError ? error : undefined;
  // What to look at is for the log of whoever runs the receiver, not for whoever called.
  const body = JSON.stringify({ error: { code: known?.reason ?? "handler_failed" } });
  return { status: known?.status ?? 500, body };
}

type Chunks = AsyncIterable<Uint8Array> & { readonly readableEnded?: boolean };

function isReadable(value: unknown): value is Chunks {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value;
}

async function collect(source: AsyncIterable<Uint8Array>, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of source) {
    length += chunk.length;
    if (length > maxBytes) throw tooLarge(maxBytes);
    chunks.push(chunk);
  }
  const body = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    body.set(chunk, at);
    at += chunk.length;
  }
  return body;
}
