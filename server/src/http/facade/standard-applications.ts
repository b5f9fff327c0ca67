import type { FastifyRequest } from "fastify";
import { type Static, Type } from "typebox";
import type { KeyCeiling } from "../../accounts/api-key-ceiling.ts";
import type { ApplicationRecord } from "../../store/application-record.ts";
import type { App } from "../app.ts";
import { createCursors } from "../cursor.ts";
import type { ProtectedApi } from "../protected-api.ts";
import { Text } from "../schemas/base.ts";
import { accountOf, createCredentialCall, ListQuery } from "./credential-call.ts";
import { type FacadeParts, OWN_ENDPOINT } from "./profile-facade.ts";

/** The scope that registering takes is in the policy's endpoints, not here. */
const PATHS = ["/oauth/applications", "/v2/oauth/applications"];

const NewApplicationBody = Type.Object(
  {
    name: Text({ minLength: 1, maxLength: 200 }),
    redirect_uris: Type.Array(Text({ minLength: 1, maxLength: 2048 }), {
      minItems: 1,
      maxItems: 10,
    }),
    scopes: Type.Optional(Type.Array(Type.String({ maxLength: 200 }), { maxItems: 100 })),
  },
  { additionalProperties: false },
);

const { config, schema } = OWN_ENDPOINT;

/**
 * `/oauth/applications`: the OAuth clients of the caller's account. One that is registered here can
 * be approved for no more than what `ceilingOf` says of its maker, and keeps a secret, which is
 * shown once. The document's flow has no challenge, so none is asked of it.
 */
export function addOAuthApplications(
  app: App,
  api: ProtectedApi,
  parts: FacadeParts & { readonly ceilingOf: (request: FastifyRequest) => Promise<KeyCeiling> },
): void {
  const { applications, ceilingOf } = parts;
  const { slug } = api;
  const cursors = createCursors(parts.masterKeys);
  const callOf = createCredentialCall(api, parts);

  for (const path of PATHS) {
    app.post<{ Body: Static<typeof NewApplicationBody> }>(
      path,
      { config, schema: { ...schema, body: NewApplicationBody } },
      async (request, reply) => {
        const { name, redirect_uris: redirectUris, scopes = [] } = request.body;
        const accountId = accountOf(request);
        const draft = { accountId, name, redirectUris, scopes, pkce: "optional" } as const;
        const ceiling = await ceilingOf(request);
        const made = await applications.create(callOf(request), draft, ceiling);
        const { client_id, ...wire } = applicationWire(made);
        return reply.code(201).send({ client_id, client_secret: made.clientSecret, ...wire });
      },
    );

    app.get<{ Querystring: Static<typeof ListQuery> }>(
      path,
      { config, schema: { ...schema, querystring: ListQuery } },
      async (request) => {
        const accountId = accountOf(request);
        const list = `${slug} facade applications ${accountId}`;
        const { limit, cursor } = request.query;
        const page = { limit, after: cursors.read(list, cursor) };
        const filter = { accountId, kind: "oauth", live: true } as const;
        const { items, next } = await applications.list(slug, filter, page);
        return { data: items.map(applicationWire), next_cursor: cursors.write(list, next) };
      },
    );
  }
}

function applicationWire({ id, name, redirectUris, scopes, status }: ApplicationRecord) {
  return { client_id: id, name, redirect_uris: redirectUris, scopes, status };
}
