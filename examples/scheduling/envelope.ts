import type { FastifyReply } from "fastify";

/** A success, as every endpoint of this API writes it. */
export function answer(data: unknown): object {
  return { status: "success", data };
}

/** A mistake of the caller, in the shape in which Latchkey writes the profile's refusals. */
export function fault(reply: FastifyReply, status: number, message: string): FastifyReply {
  const error = { code: CODES[status] ?? "Error", message, details: { message } };
  const { url: path } = reply.request;
  const timestamp = new Date().toISOString();
  return reply.code(status).send({ status: "error", timestamp, path, error });
}

/** There is no such thing, or it is somebody else's. */
export function missing(reply: FastifyReply): FastifyReply {
  return fault(reply, 404, "Not found");
}

const CODES: Readonly<Record<number, string>> = {
  400: "BadRequestException",
  404: "NotFoundException",
  409: "ConflictException",
  413: "PayloadTooLargeException",
  415: "UnsupportedMediaTypeException",
  500: "InternalServerErrorException",
};
