import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import type { Clock } from "@latchkey/engine";
import { type TSchema, Type } from "typebox";
import type { Call } from "../../accounts/call.ts";
import type { KeyName, Keyring, Rotation } from "../../accounts/keyring.ts";
import type { Area } from "../../store/capabilities.ts";
import type { CredentialRecord } from "../../store/records.ts";
import type { CallOf } from "../call.ts";
import type { Cursors } from "../cursor.ts";
import { parseInstant } from "../instant.ts";
import { Body, Ref } from "../schemas/base.ts";
import { readRefusals, writeRefusals } from "../schemas/error.ts";
import { KeyQuery, PlanBrownOuts, Rotate } from "../schemas/keyring.ts";
import { answerPage } from "../schemas/list.ts";
import { ApiAndId, ApiParams, IdempotencyHeaders } from "../schemas/params.ts";
import { RevocationReceipt, toReceipt, WaitQuery } from "../schemas/receipt.ts";

/** What the routes of every kind of key work with. */
export interface KeyringRouteParts {
  readonly clock: Clock;
  readonly cursors: Cursors;
  readonly callOf: CallOf;
}

/** One kind of key, as its routes name, do and show it. */
export interface KeyringKind<Issued> {
  /** The collection's path below the API, also its tag: `api-keys`. */
  readonly path: string;
  /** Where customers have it. */
  readonly area: Area;
  /** Of its ids. */
  readonly prefix: string;
  /** In operation ids: `ApiKey`. */
  readonly name: string;
  /** In sentences: `key`. */
  readonly noun: string;
  readonly keyring: Keyring & {
    rotate(call: Call, name: KeyName, rotation: Rotation): Promise<Issued>;
  };
  readonly item: TSchema;
  readonly issued: TSchema;
  readonly list: TSchema;
  readonly toWire: (record: CredentialRecord, now: number) => unknown;
  readonly toIssued: (issued: Issued, now: number) => unknown;
}

const DEFAULT_OVERLAP_SECONDS = 86_400;

/** What every kind has beside its own way of being issued: list, read, rotate, brown-outs, revoke. */
export function addKeyringRoutes<Issued>(
  app: Parameters<FastifyPluginAsyncTypebox>[0],
  kind: KeyringKind<Issued>,
  { clock, cursors, callOf }: KeyringRouteParts,
): void {
  const { path, area, name, noun, keyring, toWire, toIssued } = kind;
  const tags = [path];
  const collection = `/v1/apis/:api/${path}`;
  const params = ApiAndId(kind.prefix);

  app.get(collection, {
    config: { requires: "read", area },
    schema: {
      tags,
      operationId: `list${name}s`,
      summary: `List ${noun}s, newest first; never their secrets`,
      params: ApiParams,
      querystring: KeyQuery,
      response: { 200: Ref(kind.list, `A page of ${noun}s.`), ...readRefusals() },
    },
    handler: ({ params: { api }, query, ceiling }) => {
      const { limit: _, cursor: __, ...wanted } = query;
      const filter = { ...wanted, ceiling };
      const now = clock();
      return answerPage({
        cursors,
        name: { list: `${api}/${path}`, filter },
        query,
        read: (page) => keyring.list(api, filter, page),
        toWire: (record) => toWire(record, now),
      });
    },
  });

  app.get(`${collection}/:id`, {
    config: { requires: "read", area },
    schema: {
      tags,
      operationId: `get${name}`,
      summary: `Read a ${noun}; never its secret`,
      params,
      response: { 200: Ref(kind.item, `The ${noun}.`), ...readRefusals() },
    },
    handler: async ({ params: { api, id }, ceiling }) =>
      toWire(await keyring.find(api, { id, ceiling }), clock()),
  });

  app.post(`${collection}/:id/rotate`, {
    config: { requires: "manage", area, fresh: "secret" },
    schema: {
      tags,
      operationId: `rotate${name}`,
      summary: `Make a new secret for a ${noun}; the old one works until the overlap ends`,
      params,
      headers: IdempotencyHeaders,
      body: Rotate,
      response: {
        201: Ref(kind.issued, `The ${noun} with its new secret.`),
        ...writeRefusals(409, 422),
      },
    },
    handler: async (request, reply) => {
      const { overlapSeconds = DEFAULT_OVERLAP_SECONDS, force = false, brownOuts } = request.body;
      const rotation = { overlapSeconds, force, brownOuts: instants(brownOuts) };
      const issued = await keyring.rotate(callOf(request), { id: request.params.id }, rotation);
      return reply.code(201).send(toIssued(issued, clock()));
    },
  });

  app.post(`${collection}/:id/brown-outs`, {
    config: { requires: "manage", area },
    schema: {
      tags,
      operationId: `plan${name}BrownOuts`,
      summary: `Choose when a rotated ${noun} is refused for a moment before its overlap ends`,
      params,
      headers: IdempotencyHeaders,
      body: PlanBrownOuts,
      response: { 200: Ref(kind.item, `The ${noun}.`), ...writeRefusals(409, 422) },
    },
    handler: async (request) => {
      const brownOuts = instants(request.body.brownOuts);
      const key = { id: request.params.id };
      return toWire(await keyring.planBrownOuts(callOf(request), key, brownOuts), clock());
    },
  });

  app.post(`${collection}/:id/revoke`, {
    config: { requires: "manage", area },
    schema: {
      tags,
      operationId: `revoke${name}`,
      summary: `End a ${noun} for good, now`,
      params,
      headers: IdempotencyHeaders,
      querystring: WaitQuery,
      body: Type.Optional(Body({})),
      response: { 200: Ref(RevocationReceipt, "The receipt."), ...writeRefusals(409, 422) },
    },
    handler: async (request) => {
      const { params, query } = request;
      return toReceipt(await keyring.revoke(callOf(request), { id: params.id }, query.wait));
    },
  });
}

/** The brown-outs of a body, parsed. */
export function instants(texts: readonly string[] = []): readonly number[] {
  return texts.map((text, i) => parseInstant(text, `brownOuts[${i}]`));
}

/** The body with its instant parsed. */
export function withExpiry<B extends { readonly expiresAt?: string | null }>({
  expiresAt,
  ...rest
}: B): Omit<B, "expiresAt"> & { readonly expiresAt?: number | null } {
  if (expiresAt === undefined) return rest;
  return {
    ...rest,
    expiresAt: expiresAt === null ? null : parseInstant(expiresAt, "expiresAt"),
  };
}
