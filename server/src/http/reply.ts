import type { ServerResponse } from "node:http";

/**
 * Answers a request, once and with all of it. `headers` are names and values in turn and say how
 * long the body is.
 * @throws {TypeError} When a header could not be told from the end of its line; nothing was sent.
 */
export type Reply = (status: number, headers: string[], body: string) => void;

/** Answers by way of Node's own response. */
export function replyOn(response: ServerResponse): Reply {
  return (status, headers, body) => {
    response.writeHead(status, headers);
    response.end(body);
  };
}
