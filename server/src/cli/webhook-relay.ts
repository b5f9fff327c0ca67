import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** One webhook that was handed on. */
export interface Relayed {
  readonly type: string;
  readonly id: string;
  /** What the program answered; `null`: it could not be reached. */
  readonly status: number | null;
}

/** Takes webhooks on this machine and hands them on. */
export interface WebhookRelay {
  readonly url: string;
  close(): Promise<void>;
}

const MOST_BYTES = 1024 * 1024;
const TIMEOUT_MILLIS = 10_000;
/** What is told of a webhook is printed, and whoever is on this machine could have sent it. */
const SHOWN = /^[A-Za-z0-9_.-]{1,400}$/;
/** Of the connection, not of the message. */
const NOT_HANDED_ON = /^(?:host|connection|content-length|transfer-encoding|keep-alive)$/;

/**
 * Starts a relay on the loopback interface. Each request goes on with the same bytes and headers, so
 * that its signature holds, and gets the program's status; 502 when there is none.
 */
export async function startRelay(
  forward: string,
  onRelayed: (relayed: Relayed) => void,
): Promise<WebhookRelay> {
  const server = createServer((request, response) => {
    void relay(request, response).catch(() => response.destroy());
  });

  async function relay(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(request);
    const status = await handOn(forward, request, body);
    response.writeHead(status ?? 502).end();
    const id = String(request.headers["webhook-id"] ?? "");
    onRelayed({ type: typeOf(body), id: SHOWN.test(id) ? id : "", status });
  }

  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    async close() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function handOn(
  forward: string,
  request: IncomingMessage,
  body: Uint8Array<ArrayBuffer>,
): Promise<number | null> {
  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers)) {
    if (typeof value === "string" && !NOT_HANDED_ON.test(name)) headers.set(name, value);
  }
  const signal = AbortSignal.timeout(TIMEOUT_MILLIS);
  try {
    const sent = { method: "POST", headers, body, signal, redirect: "manual" } as const;
    return (await fetch(forward, sent)).status;
  } catch {
    return null;
  }
}

async function readBody(request: IncomingMessage): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request) {
    length += chunk.length;
    if (length > MOST_BYTES) throw new Error("the webhook is too long");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Whatever the format calls it. */
function typeOf(body: Uint8Array): string {
  try {
    const { type, triggerEvent, data } = JSON.parse(Buffer.from(body).toString());
    const text = String(type ?? triggerEvent ?? data?.type);
    return SHOWN.test(text) ? text : "webhook";
  } catch {
    return "webhook";
  }
}
