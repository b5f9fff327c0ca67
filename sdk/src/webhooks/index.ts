import {
  answerTo,
  type HandleWebhook,
  type IncomingRequest,
  type OutgoingResponse,
  verifyIncoming,
  verifyWebRequest,
} from "./requests.ts";
import {
  createVerify,
  type VerifyWebhook,
  type Webhook,
  type WebhookVerifierOptions,
} from "./verifier.ts";

export type { WebhookFormat } from "./formats.ts";
export type { HandleWebhook, IncomingRequest, OutgoingResponse } from "./requests.ts";
export type { Webhook, WebhookHeaders, WebhookVerifierOptions } from "./verifier.ts";
export { WebhookError, type WebhookFault } from "./webhook-error.ts";

/** Verifies webhooks; everything in it rejects with `WebhookError`. */
export interface WebhookVerifier {
  /** The raw body: exactly the bytes that came. */
  readonly verify: VerifyWebhook;
  /** A request of the web platform: Hono's `c.req.raw`, Bun, Deno, workers. */
  verifyRequest(request: Request): Promise<Webhook>;
  /** A request of `node:http`, Express or Fastify whose body nobody has parsed. */
  verifyIncoming(request: IncomingRequest): Promise<Webhook>;
  /** Answers for `node:http` and Express: 204 once `handle` has resolved. */
  handler(
    handle: HandleWebhook,
    onError?: (error: unknown) => void,
  ): (request: IncomingRequest, response: OutgoingResponse) => Promise<void>;
  /** The same for the web platform. */
  fetchHandler(
    handle: HandleWebhook,
    onError?: (error: unknown) => void,
  ): (request: Request) => Promise<Response>;
}

const MAX_BYTES = 1024 * 1024;

/**
 * Makes a verifier of webhooks. It needs `globalThis.crypto.subtle` and nothing else.
 * @throws {TypeError} For secrets or keys that nothing could be signed with.
 */
export function createWebhookVerifier(options: WebhookVerifierOptions): WebhookVerifier {
  const { clock = Date.now, maxBytes = MAX_BYTES } = options;
  const verify = createVerify({ ...options, clock, maxBytes });
  const parts = { verify, maxBytes };
  return {
    verify,
    verifyRequest: (request) => verifyWebRequest(parts, request),
    verifyIncoming: (request) => verifyIncoming(parts, request),

    handler:
      (handle, onError = () => undefined) =>
      async (request, response) => {
        try {
          await handle(await verifyIncoming(parts, request));
          response.statusCode = 204;
          response.end();
        } catch (error) {
          onError(error);
          const { status, body } = answerTo(error);
          response.statusCode = status;
          response.setHeader("content-type", "application/json");
          response.end(body);
        }
      },

    fetchHandler:
      (handle, onError = () => undefined) =>
      async (request) => {
        try {
          await handle(await verifyWebRequest(parts, request));
          return new Response(null, { status: 204 });
        } catch (error) {
          onError(error);
          const { status, body } = answerTo(error);
          const headers = { "content-type": "application/json" };
          return new Response(body, { status, headers });
        }
      },
  };
}
