import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { isPromised } from "@latchkey/engine";
import type { Verifier } from "../verifier/verifier.ts";
import { type Allowed, createDoor, type DoorOptions, type Outcome } from "./door.ts";
import { peerOf, sendAnswer, setHeaders } from "./node-http.ts";

export type { Allow, Allowed, DoorOptions, Principal } from "./door.ts";

/** Serves a request that may pass. */
export type AllowedListener = (
  request: IncomingMessage,
  response: ServerResponse,
  latchkey: Allowed,
) => unknown;

/**
 * A listener for Node's `http` and `https` that passes on what the policy allows, in the same turn
 * when memory knows all that it takes, and answers the rest itself.
 *
 * @throws {Error} An option is not what it must be.
 */
export function latchkey(
  verifier: Verifier,
  listener: AllowedListener,
  options: DoorOptions = {},
): RequestListener {
  const door = createDoor(verifier, options);
  return (request, response) => {
    const settle = (outcome: Outcome): unknown => {
      if (outcome.allowed === undefined) return sendAnswer(response, outcome.answer);
      setHeaders(response, outcome.headers);
      return listener(request, response, outcome.allowed);
    };
    const { method = "GET", url = "", rawHeaders: headers } = request;
    const outcome = door({ method, url, headers, peer: peerOf(request) });
    if (!isPromised(outcome)) return void settle(outcome);
    // Whoever began to answer meanwhile, such as a timeout, answers.
    void outcome.then((decided) => response.headersSent || settle(decided));
  };
}
