import { header } from "@latchkey/engine";
import type { ForwardAuth } from "./forward-auth.ts";
import type { createHostBinding } from "./hosts.ts";
import { headOf } from "./plain-request.ts";
import { replyOn } from "./reply.ts";
import type { Front, Fronts } from "./server.ts";
import type { VerifyFront } from "./verify-front.ts";

interface FrontParts {
  readonly forwardAuth: ForwardAuth;
  readonly verify: VerifyFront;
  readonly toOAuth: Front;
  readonly bindHost: ReturnType<typeof createHostBinding>;
}

/** All that stands before the framework, in the order in which it is asked. */
export function createFronts({ forwardAuth, verify, toOAuth, bindHost }: FrontParts): Fronts {
  return {
    plain(request, reply) {
      // At a bound host the same path is one of the API's own.
      const { url, rawHeaders } = request;
      if (bindHost(header(rawHeaders, "host"), url) !== url) return false;
      return forwardAuth(request, reply) || verify.plain(request, reply);
    },
    front(request, response, framework) {
      request.url = bindHost(request.headers.host, request.url ?? "/");
      return (
        forwardAuth(headOf(request), replyOn(response)) ||
        verify.front(request, response, framework) ||
        toOAuth(request, response, framework)
      );
    },
  };
}
