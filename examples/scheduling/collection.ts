import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { answer, missing } from "./envelope.ts";
import type { Records } from "./records.ts";

interface Item {
  readonly id: string;
}

type Members = Record<string, unknown>;

const body = { type: "object", maxProperties: 50 };

/**
 * The five usual endpoints of a collection. Nothing here asks who may: whatever arrives is allowed,
 * and everything is kept under the account that the request acts for.
 */
export function addCollection(app: FastifyInstance, path: string, records: Records): void {
  app.get(path, async (request) => answer(records.list(ownerOf(request))));

  app.post<{ Body: Members }>(path, { schema: { body } }, async (request, reply) =>
    reply.code(201).send(answer(records.add(ownerOf(request), request.body))),
  );

  app.get<{ Params: Item }>(`${path}/:id`, async (request, reply) =>
    found(reply, records.find(ownerOf(request), request.params.id)),
  );

  app.patch<{ Params: Item; Body: Members }>(
    `${path}/:id`,
    { schema: { body } },
    async (request, reply) =>
      found(reply, records.change(ownerOf(request), request.params.id, request.body)),
  );

  app.delete<{ Params: Item }>(`${path}/:id`, async (request, reply) =>
    records.remove(ownerOf(request), request.params.id)
      ? answer({ id: request.params.id })
      : missing(reply),
  );
}

/**
 * The account acted for, and what the path names between it and the thing: a team, a form. Managed
 * users are customers of their platform, who know nothing of each other: each is an owner.
 */
export function ownerOf({ latchkey, params }: Pick<FastifyRequest, "latchkey" | "params">): string {
  const { kind, accountId, userId } = latchkey.principal;
  const { id: _, ...between } = params as Record<string, string>;
  const account = kind === "managed-user" ? [accountId, userId] : [accountId];
  return [...account, ...Object.values(between)].join("/");
}

function found(reply: FastifyReply, data: unknown): unknown {
  return data === undefined ? missing(reply) : answer(data);
}
