import { ApiError } from "@latchkey/engine";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Operator, Operators } from "./operators.ts";
import { may, type Permission } from "./permissions.ts";

/**
 * One rule for who may call what, before any body is read: the route's `requires` names the
 * permission, or its `public` says why anyone may call. A route with neither answers nobody.
 */
export function guardRoutes(
  app: FastifyInstance,
  parts: { readonly operators: Operators; readonly apis: ReadonlySet<string> },
): void {
  const { operators, apis } = parts;
  app.decorateRequest("operator", null);
  app.addHook("onRequest", (request, _reply, done) => {
    const { config } = request.routeOptions;
    // 404s and 405s have no route: what exists is no secret, it is in openapi.json.
    if (!request.is404 && config.public === undefined) {
      request.operator = allowedOperator(request, config.requires);
    }
    done();
  });

  function allowedOperator(request: FastifyRequest, requires: Permission | undefined): Operator {
    const operator = operators.byHeaders(request.raw.rawHeaders);
    if (operator === undefined) {
      throw new ApiError("UNAUTHORIZED", "Send an operator token: Authorization: Bearer <token>.");
    }
    const { api } = request.params as { readonly api?: string };
    if (api !== undefined && !sees(operator, api, apis)) {
      throw new ApiError("NOT_FOUND", "There is no such API.");
    }
    if (requires === undefined || !may(operator.role, requires)) {
      throw new ApiError("FORBIDDEN", `The role ${operator.role} may not do this.`);
    }
    return operator;
  }
}

/** An API that a token may not see answers exactly as one that does not exist. */
function sees(operator: Operator, api: string, apis: ReadonlySet<string>): boolean {
  return apis.has(api) && (operator.apis === null || operator.apis.has(api));
}

/** The operator of a route that `requires` something; a bug elsewhere. */
export function operatorOf(request: FastifyRequest): Operator {
  if (request.operator === null) throw new Error("a public route asked who is calling");
  return request.operator;
}

declare module "fastify" {
  interface FastifyContextConfig {
    /** The permission that the operator's role must have. */
    requires?: Permission;
    /** Why no operator token is needed. */
    public?: string;
    /** Answers in the name of an API: its document, not ours, says which headers there are. */
    door?: boolean;
    /** Logged only when it fails: one line for each decision would cost more than the decision. */
    quiet?: boolean;
  }
  interface FastifyRequest {
    /** `null` on public routes. */
    operator: Operator | null;
  }
}
