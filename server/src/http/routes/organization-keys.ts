import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import type { OrganizationKeys } from "../../accounts/organization-keys.ts";
import { Ref } from "../schemas/base.ts";
import { writeRefusals } from "../schemas/error.ts";
import {
  CreateOrganizationKey,
  IssuedOrganizationKey,
  OrganizationKey,
  OrganizationKeyList,
  toIssuedOrganizationKey,
  toOrganizationKey,
} from "../schemas/organization-key.ts";
import { ApiParams, IdempotencyHeaders } from "../schemas/params.ts";
import { addKeyringRoutes, type KeyringRouteParts } from "./keyring.ts";

const area = "signing-keys" as const;

/** `/v1/apis/{api}/organization-keys`: issue, list, read, rotate, revoke. */
export const organizationKeyRoutes =
  (
    parts: KeyringRouteParts & { readonly organizationKeys: OrganizationKeys },
  ): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { organizationKeys, clock, callOf } = parts;

    app.post("/v1/apis/:api/organization-keys", {
      config: { requires: "manage", area, fresh: "secret" },
      schema: {
        tags: ["organization-keys"],
        operationId: "issueOrganizationKey",
        summary: "Make an app key and secret of an organization and show the secret",
        params: ApiParams,
        headers: IdempotencyHeaders,
        body: CreateOrganizationKey,
        response: {
          201: Ref(IssuedOrganizationKey, "The organization key."),
          ...writeRefusals(409, 422),
        },
      },
      handler: async (request, reply) => {
        const issued = await organizationKeys.issue(callOf(request), request.body);
        return reply.code(201).send(toIssuedOrganizationKey(issued, clock()));
      },
    });

    const kind = {
      ...{
        path: "organization-keys",
        area,
        prefix: "orgk",
        name: "OrganizationKey",
        noun: "organization key",
        keyring: organizationKeys,
      },
      ...{ item: OrganizationKey, issued: IssuedOrganizationKey, list: OrganizationKeyList },
      toWire: toOrganizationKey,
      toIssued: toIssuedOrganizationKey,
    };
    addKeyringRoutes(app, kind, parts);
  };
