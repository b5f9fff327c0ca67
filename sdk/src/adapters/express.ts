import { isPromised } from "@latchkey/engine";
import type { Application, RequestHandler } from "express";
import type { Verifier } from "../verifier/verifier.ts";
import { type Allowed, createDoor, type DoorOptions, type Outcome } from "./door.ts";
import { peerOf, sendAnswer, setHeaders } from "./node-http.ts";

export type { Allow, Allowed, DoorOptions, Principal } from "./door.ts";

declare global {
  namespace Express {
    interface Request {
      /** Whom the request is from; set for everything behind the middleware. */
      latchkey: Allowed;
    }
  }
}

const FOLDS_CASE =
  'Latchkey: call app.enable("case sensitive routing") before the first app.use or route. ' +
  "Otherwise /ADMIN reaches the handler of /admin without what the policy asks for /admin.";

/**
 * Middleware for Express 5: passes on what the policy allows, in the same turn when memory knows all
 * that it takes, and answers the rest itself. Serves nothing while the app's router ignores case; a
 * `Router` of your own needs `{ caseSensitive: true }` for the same reason.
 *
 * @throws {Error} An option is not what it must be.
 */
export function latchkey(verifier: Verifier, options: DoorOptions = {}): RequestHandler {
  const door = createDoor(verifier, options);
  return (request, response, next) => {
    if (foldsCase(request.app)) {
      next(new Error(FOLDS_CASE));
      return;
    }
    const settle = (outcome: Outcome): void => {
      if (outcome.allowed === undefined) {
        sendAnswer(response, outcome.answer);
        return;
      }
      setHeaders(response, outcome.headers);
      request.latchkey = outcome.allowed;
      next();
    };
    const { method, baseUrl, rawHeaders: headers } = request;
    // Not `originalUrl`: what is decided about must be what is routed.
    const url = `${baseUrl}${request.url}`;
    const outcome = door({ method, url, headers, peer: peerOf(request) });
    if (!isPromised(outcome)) return settle(outcome);
    // Whoever answered meanwhile, such as a timeout, has answered for good.
    outcome.then((decided) => response.writableEnded || settle(decided)).catch(next);
  };
}

/** Whether an app, or one that mounts it, ignores case. */
function foldsCase(app: Application): boolean {
  // What the router was made with: the setting may have come too late.
  const { caseSensitive } = app.router as { readonly caseSensitive?: boolean };
  // Express's types leave it out.
  const { parent } = app as { readonly parent?: Application };
  return caseSensitive !== true || (parent !== undefined && foldsCase(parent));
}
