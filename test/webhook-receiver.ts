import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { waitUntil } from "./running-server.ts";

/** A request as it came in. */
export interface Received {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Something that takes webhooks, and keeps them. */
export interface WebhookReceiver extends AsyncDisposable {
  /** Without a trailing slash. */
  readonly url: string;
  readonly received: readonly Received[];
  /** The next webhook that nobody has asked for yet; waits for it. */
  next(): Promise<Received>;
}

/** How it answers; 200 when absent. */
export type Respond = (received: Received, response: ServerResponse) => void;

/** Starts a receiver on this machine. */
export async function startReceiver(
  respond: Respond = (_received, response) => void response.end(),
): Promise<WebhookReceiver> {
  const received: Received[] = [];
  let asked = 0;
  const server = createServer((request, response) => {
    void readAll(request).then((body) => {
      const one = { path: request.url ?? "", headers: headersOf(request), body };
      received.push(one);
      respond(one, response);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    async next() {
      await waitUntil("a webhook comes", async () => received.length > asked);
      asked += 1;
      return received[asked - 1] as Received;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

async function readAll(request: IncomingMessage): Promise<string> {
  let body = "";
  for await (const chunk of request.setEncoding("utf8")) body += chunk;
  return body;
}

function headersOf({ headers }: IncomingMessage): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}
