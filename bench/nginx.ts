import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { together } from "./by-hand.ts";
import { type Contender, measure, print, printRatios } from "./contenders.ts";
import { type ServerWithKey, startServerWithKey } from "./middleware.ts";
import { freePort, type Running, start, untilReady } from "./pinned-process.ts";

const BARE = path.join(import.meta.dirname, "peers", "bare-http.mjs");
const FORWARD_AUTH = "/v1/apis/standard/forward-auth";

/**
 * `auth_request` of nginx to Latchkey beside the same to a bare `node:http` that allows everything,
 * each by TCP and over a Unix socket. The processor time is that of nginx and of whoever it asks.
 */
export async function benchNginx(length: {
  readonly rounds: number;
  readonly seconds: number;
}): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), "latchkey-bench-"));
  const server = await startServerWithKey();
  const started: Running[] = [];
  try {
    const startBare = (env: Readonly<Record<string, string>>): Running => {
      const bare = start("server", [process.execPath, BARE], { env });
      started.push(bare);
      return bare;
    };
    const barePort = await freePort();
    const bareByTcp = startBare({ PORT: String(barePort) });
    const bareSocket = path.join(folder, "bare.sock");
    const bareByUnix = startBare({ SOCKET: bareSocket });
    await untilReady(bareByTcp, `http://127.0.0.1:${barePort}/`);
    const behind = async (name: string, asked: Running, where: string): Promise<Contender> => {
      const port = await freePort();
      const file = path.join(folder, `${port}.conf`);
      writeFileSync(file, configuration({ folder, port, where, server }));
      const nginx = start("server", ["nginx", "-p", folder, "-c", file]);
      started.push(nginx);
      const headers = { Authorization: `Bearer ${server.key}` };
      const url = `http://127.0.0.1:${port}/v2/users`;
      await untilReady(nginx, url, headers);
      const shot = { url, method: "GET", headers, body: null } as const;
      return { name: `nginx → ${name}`, running: together(nginx, [asked]), shot, decisions: 1 };
    };
    const [ours, oursBySocket, bare, bareBySocket] = measure(
      [
        await behind("Latchkey", server.running, new URL(server.origin).host),
        await behind("Latchkey, Unix socket", server.running, `unix:${server.socket}`),
        await behind("bare-http", bareByTcp, `127.0.0.1:${barePort}`),
        await behind("bare-http, Unix socket", bareByUnix, `unix:${bareSocket}`),
      ],
      length,
    );
    print([ours, oursBySocket, bare, bareBySocket]);
    printRatios([
      ["auth_request to Latchkey ÷ to bare-http", ours, bare, "goal 1.0 by CPU"],
      ["the same over a Unix socket ÷ to bare-http", oursBySocket, bare, "goal 1.0 by CPU"],
      ["both over Unix sockets", oursBySocket, bareBySocket, ""],
    ]);
  } finally {
    await Promise.all(started.map((each) => each.stop()));
    await server.stop();
    rmSync(folder, { recursive: true });
  }
}

interface Site {
  readonly folder: string;
  readonly port: number;
  /** Who is asked: an address with a port, or a Unix socket. */
  readonly where: string;
  readonly server: ServerWithKey;
}

/** One worker that asks for each request, on connections that are kept, and answers 200 itself. */
function configuration({ folder, port, where, server }: Site): string {
  // As root it would change to a user who may not enter the folders of the sockets.
  const user = process.getuid?.() === 0 ? "user root;" : "";
  return `${user}
daemon off; worker_processes 1; pid ${folder}/${port}.pid; error_log stderr crit;
events { worker_connections 1024; }
http {
  access_log off;
  client_body_temp_path ${folder}; proxy_temp_path ${folder}; fastcgi_temp_path ${folder};
  uwsgi_temp_path ${folder}; scgi_temp_path ${folder};
  keepalive_requests 1000000000;
  upstream asked { server ${where}; keepalive 64; keepalive_requests 1000000000; }
  server {
    listen 127.0.0.1:${port};
    location / { auth_request /asked; empty_gif; }
    location = /asked {
      internal;
      proxy_pass http://asked${FORWARD_AUTH};
      proxy_http_version 1.1;
      proxy_pass_request_body off;
      proxy_set_header Connection "";
      proxy_set_header Content-Length "";
      proxy_set_header X-Latchkey-Token ${server.operatorToken};
      proxy_set_header X-Forwarded-Method $request_method;
      proxy_set_header X-Forwarded-Uri $request_uri;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Forwarded-Proto https;
    }
  }
}
`;
}
