import { API_ERRORS } from "@latchkey/engine";
import type { FastifyRequest } from "fastify";
import { instantOrNull } from "../instant.ts";
import { allowedOf, JSON_TYPE, OWN_ENDPOINT, type ProfileFacade } from "./profile-facade.ts";
import { inSnakeCase } from "./snake-case.ts";

/**
 * The document's own endpoint, `/auth/test`. Its clients read `error` and some nothing else, not
 * even the status: whatever goes wrong, the text stands there.
 */
export const signedKeysFacade: ProfileFacade = {
  routes(app) {
    app.get("/auth/test", OWN_ENDPOINT, whoIsAsking);
    app.post("/auth/test", OWN_ENDPOINT, whoIsAsking);
  },

  errorAnswer: (error) => ({
    status: API_ERRORS[error.code].status,
    headers: JSON_TYPE,
    body: JSON.stringify({ error: inSnakeCase(error).message }),
  }),
};

async function whoIsAsking(request: FastifyRequest): Promise<object> {
  const { principal, expiresAt } = allowedOf(request);
  return {
    valid: true,
    account_id: principal.accountId,
    user_id: principal.userId,
    mode: principal.mode,
    organization_id: principal.actor?.kind === "organization" ? principal.actor.id : null,
    expires_at: instantOrNull(expiresAt),
  };
}
