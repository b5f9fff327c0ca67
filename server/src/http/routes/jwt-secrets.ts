import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import type { JwtSecrets } from "../../accounts/jwt-secrets.ts";
import { Ref } from "../schemas/base.ts";
import { writeRefusals } from "../schemas/error.ts";
import {
  CreateJwtSecret,
  IssuedJwtSecret,
  JwtSecret,
  JwtSecretList,
  toIssuedJwtSecret,
  toJwtSecret,
} from "../schemas/jwt-secret.ts";
import { ApiParams, IdempotencyHeaders } from "../schemas/params.ts";
import { addKeyringRoutes, type KeyringRouteParts } from "./keyring.ts";

const area = "signing-keys" as const;

/** `/v1/apis/{api}/jwt-secrets`: issue, list, read, rotate, revoke. */
export const jwtSecretRoutes =
  (parts: KeyringRouteParts & { readonly jwtSecrets: JwtSecrets }): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { jwtSecrets, clock, callOf } = parts;

    app.post("/v1/apis/:api/jwt-secrets", {
      config: { requires: "manage", area, fresh: "secret" },
      schema: {
        tags: ["jwt-secrets"],
        operationId: "issueJwtSecret",
        summary: "Make a secret for JWTs of one issuer and show it",
        params: ApiParams,
        headers: IdempotencyHeaders,
        body: CreateJwtSecret,
        response: { 201: Ref(IssuedJwtSecret, "The JWT secret."), ...writeRefusals(409, 422) },
      },
      handler: async (request, reply) => {
        const issued = await jwtSecrets.issue(callOf(request), request.body);
        return reply.code(201).send(toIssuedJwtSecret(issued, clock()));
      },
    });

    const kind = {
      ...{
        path: "jwt-secrets",
        area,
        prefix: "jws",
        name: "JwtSecret",
        noun: "JWT secret",
        keyring: jwtSecrets,
      },
      ...{ item: JwtSecret, issued: IssuedJwtSecret, list: JwtSecretList },
      toWire: toJwtSecret,
      toIssued: toIssuedJwtSecret,
    };
    addKeyringRoutes(app, kind, parts);
  };
