import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { Type } from "typebox";
import type { IssuerKeys } from "../../oauth/issuer-key-rotation.ts";
import type { CallOf } from "../call.ts";
import { Ref } from "../schemas/base.ts";
import { readRefusals, writeRefusals } from "../schemas/error.ts";
import { IssuerKeyList, RotateIssuerKeys, toIssuerKeyList } from "../schemas/issuer-key.ts";
import { ApiParams, IdempotencyHeaders } from "../schemas/params.ts";

const tags = ["issuer-keys"];

/** `/v1/apis/{api}/issuer-keys`: the keys with which its authorization server signs tokens. */
export const issuerKeyRoutes =
  (parts: { issuerKeys: IssuerKeys; callOf: CallOf }): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { issuerKeys, callOf } = parts;

    app.get("/v1/apis/:api/issuer-keys", {
      config: { requires: "read" },
      schema: {
        tags,
        operationId: "listIssuerKeys",
        summary: "List the keys that sign the API's own tokens, oldest first",
        params: ApiParams,
        response: {
          200: Ref(IssuerKeyList, "All of them; nothing that signs."),
          ...readRefusals(),
        },
      },
      handler: async ({ params }) => toIssuerKeyList(await issuerKeys.list(params.api)),
    });

    app.post("/v1/apis/:api/issuer-keys/rotate", {
      config: { requires: "manage" },
      schema: {
        tags,
        operationId: "rotateIssuerKeys",
        summary: "Have the next keys sign, and publish others that will sign after them",
        params: ApiParams,
        headers: IdempotencyHeaders,
        body: Type.Optional(RotateIssuerKeys),
        response: {
          200: Ref(IssuerKeyList, "All keys as they are now."),
          ...writeRefusals(409, 422),
        },
      },
      handler: async (request) => {
        const options = { force: request.body?.force === true };
        return toIssuerKeyList(await issuerKeys.rotate(callOf(request), options));
      },
    });
  };
