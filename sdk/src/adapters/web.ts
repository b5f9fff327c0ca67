import type { Verifier } from "../verifier/verifier.ts";
import { type Allowed, createDoor, type DoorOptions, type Peer } from "./door.ts";
import { receivedRequest, responseOf, withHeaders } from "./web-http.ts";

export type { Allow, Allowed, DoorOptions, Peer, Principal } from "./door.ts";

/** How the handler's requests are read. */
export interface WebOptions<Extra extends readonly unknown[]> extends DoorOptions {
  /**
   * Who is connected, from what the runtime hands over beside the request; when absent, the address
   * is unknown and the URL's scheme says whether TLS was used.
   */
  readonly peerOf?: (request: Request, ...extra: Extra) => Peer;
}

/**
 * A handler of web requests that passes on what the policy allows and answers the rest itself. The
 * runtime must have `node:crypto`.
 *
 * @throws {Error} An option is not what it must be.
 */
export function latchkey<Extra extends readonly unknown[]>(
  verifier: Verifier,
  handler: (request: Request, latchkey: Allowed, ...extra: Extra) => Response | Promise<Response>,
  options: WebOptions<Extra> = {},
): (request: Request, ...extra: Extra) => Promise<Response> {
  const door = createDoor(verifier, options);
  return async (request, ...extra) => {
    const peer = options.peerOf?.(request, ...extra);
    const outcome = await door(receivedRequest(request, peer));
    if (outcome.allowed === undefined) return responseOf(outcome.answer);
    return withHeaders(await handler(request, outcome.allowed, ...extra), outcome.headers);
  };
}
