import { ApiError } from "@latchkey/engine";
import { Type } from "typebox";
import type { Door } from "./app.ts";
import type { ForwardAuth } from "./forward-auth.ts";
import { headOf } from "./plain-request.ts";
import { replyOn } from "./reply.ts";
import { OneOf, Ref } from "./schemas/base.ts";
import { ErrorAnswer } from "./schemas/error.ts";
import { ApiParams } from "./schemas/params.ts";

const OUR_HEADERS = [
  "X-Latchkey-Account",
  "X-Latchkey-User",
  "X-Latchkey-Application",
  "X-Latchkey-Scopes",
  "X-Latchkey-Plan",
  "X-Latchkey-Mode",
  "X-Latchkey-Credential",
  "X-Latchkey-Request-Id",
];

const answer = (description: string) => Type.Unsafe<unknown>({ description });

/**
 * Puts forward-auth, which stands before the framework, into `openapi.json`; and answers the same
 * where a request reaches the framework without having passed the front.
 */
export const forwardAuthDoor =
  (forwardAuth: ForwardAuth): Door =>
  async (app) => {
    app.get("/v1/apis/:api/forward-auth", {
      config: { public: "The proxy proves itself by token or by its address.", quiet: true },
      onRequest: async (request, reply) => {
        // The front knows one spelling of this path; the framework's router knows more.
        if (!forwardAuth(headOf(request.raw), replyOn(reply.raw))) {
          throw new ApiError("NOT_FOUND", "There is nothing at this path.");
        }
        reply.hijack();
      },
      schema: {
        tags: ["decisions"],
        operationId: "forwardAuth",
        summary: "Ask, as a proxy, whether a request may pass",
        description: DESCRIPTION,
        security: [{ proxyToken: [] }, {}],
        params: ApiParams,
        querystring: Type.Object({
          headers: Type.Optional(
            OneOf(
              ["forwarded", "original"],
              "X-Forwarded-Method and -Uri (the default), or X-Original-Method and -URI.",
            ),
          ),
          accel: Type.Optional(
            Type.String({
              description: "A named location of nginx: allowed, `X-Accel-Redirect` names it.",
              examples: ["@api"],
            }),
          ),
        }),
        response: {
          200: answer("Allowed; the headers say for whom."),
          400: Ref(ErrorAnswer, "The proxy's headers contradict each other."),
          401: answer("Refused as the profile says; or `PROXY_NOT_TRUSTED`."),
          403: answer("Refused as the profile says."),
          404: Ref(ErrorAnswer, "There is no such API."),
          429: answer("Refused as the profile says."),
          503: answer("Refused as the profile says: the store is away."),
        },
      },
      handler: async () => undefined,
    });
  };

const DESCRIPTION = [
  "With any method, and with any path after it: where neither family of headers is sent, the",
  "request's own method and the path suffix are what is asked about.",
  "`Authorization` is the caller's; the proxy's own is `X-Latchkey-Token`, or its address.",
  `An allowed request gets ${OUR_HEADERS.join(", ")}.`,
].join(" ");
