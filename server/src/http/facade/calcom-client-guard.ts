import { ApiError, type CalcomFault, hideSecrets } from "@latchkey/engine";
import type { FastifyReply, FastifyRequest, RouteGenericInterface } from "fastify";
import type { ProtectedApi } from "../protected-api.ts";
import { createSendFault } from "./calcom-callers.ts";
import { accountOf } from "./credential-call.ts";
import { allowedOf, type FacadeParts } from "./profile-facade.ts";

/** Of routes below a client. */
export interface OfClient extends RouteGenericInterface {
  readonly Params: { readonly clientId: string };
}

/** What is said to who comes to what is a client's with anything but the client's pair. */
const CLIENTS_ONLY: CalcomFault = {
  status: 401,
  message:
    "ApiAuthStrategy - Invalid authentication method. Please provide one of the allowed methods: OAUTH_CLIENT_CREDENTIALS",
};

/** Makes handlers for the client that the path names, by its own id and secret, and nobody else. */
export function createForClient(api: ProtectedApi, parts: FacadeParts) {
  const sendFault = createSendFault(api, parts);
  return <Route extends OfClient>(
    handle: (request: FastifyRequest<Route>, clientId: string) => Promise<object | string>,
    status = 200,
  ) =>
    async (request: FastifyRequest<Route>, reply: FastifyReply) => {
      const { scheme, applicationId } = allowedOf(request).principal;
      if (scheme !== "client-secret-headers" || applicationId === null) {
        return sendFault(request, reply, CLIENTS_ONLY);
      }
      const { clientId } = request.params as OfClient["Params"];
      if (applicationId !== clientId) throw foreignClient(request, clientId);
      const data = await handle(request, applicationId);
      return reply
        .code(status)
        .header("cache-control", "no-store")
        .send({ status: "success", data });
    };
}

/** A policy that does not name the path's client decides by the header, which may name another. */
function foreignClient(request: FastifyRequest, clientId: string): ApiError {
  const owned = `oAuth client with id=${hideSecrets(clientId.slice(0, 128))} does not belong`;
  const message = `OAuthClientGuard - forbidden. ${owned} to the organization with id=${accountOf(request)}.`;
  return new ApiError("FORBIDDEN", message);
}
