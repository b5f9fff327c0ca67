import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import type { SigningKeys } from "../../accounts/signing-keys.ts";
import { Ref } from "../schemas/base.ts";
import { writeRefusals } from "../schemas/error.ts";
import { ApiParams, IdempotencyHeaders } from "../schemas/params.ts";
import {
  CreateSigningKey,
  IssuedSigningKey,
  SigningKey,
  SigningKeyList,
  toIssuedSigningKey,
  toSigningKey,
} from "../schemas/signing-key.ts";
import { addKeyringRoutes, type KeyringRouteParts, withExpiry } from "./keyring.ts";

const area = "signing-keys" as const;

/** `/v1/apis/{api}/signing-keys`: issue, list, read, rotate, revoke. */
export const signingKeyRoutes =
  (parts: KeyringRouteParts & { readonly signingKeys: SigningKeys }): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { signingKeys, clock, callOf } = parts;

    app.post("/v1/apis/:api/signing-keys", {
      config: { requires: "manage", area, fresh: "secret" },
      schema: {
        tags: ["signing-keys"],
        operationId: "issueSigningKey",
        summary: "Make a signing key and show its private half, or bring a public one",
        params: ApiParams,
        headers: IdempotencyHeaders,
        body: CreateSigningKey,
        response: { 201: Ref(IssuedSigningKey, "The signing key."), ...writeRefusals(409, 422) },
      },
      handler: async (request, reply) => {
        const issued = await signingKeys.issue(callOf(request), withExpiry(request.body));
        return reply.code(201).send(toIssuedSigningKey(issued, clock()));
      },
    });

    const kind = {
      ...{
        path: "signing-keys",
        area,
        prefix: "kid",
        name: "SigningKey",
        noun: "signing key",
        keyring: signingKeys,
      },
      ...{ item: SigningKey, issued: IssuedSigningKey, list: SigningKeyList },
      toWire: toSigningKey,
      toIssued: toIssuedSigningKey,
    };
    addKeyringRoutes(app, kind, parts);
  };
