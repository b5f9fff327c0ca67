import { newRequestId, type Policy } from "@latchkey/engine";
import type { FastifyReply, FastifyRequest } from "fastify";

/** Gives a request an id of ours, not the client's, where the API's document says so. */
export function identify(
  { requestIds }: Pick<Policy, "requestIds">,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  if (requestIds !== "make") return;
  request.id = newRequestId();
  reply.header("x-request-id", request.id);
}
