import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** Takes webhooks on loopback. */
export interface BenchReceiver {
  /** Without a trailing slash. */
  readonly url: string;
  close(): void;
}

/** Starts one that calls `take` for each request when its body is there; `take` answers. */
export async function startBenchReceiver(
  take: (path: string, body: string, response: ServerResponse) => void,
): Promise<BenchReceiver> {
  const server = createServer((request: IncomingMessage, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (chunk: string) => {
      body += chunk;
    });
    request.once("end", () => take(request.url ?? "/", body, response));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
