import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

/** What a network does between two processes. */
export type Network =
  | "sound"
  /** Every connection is reset, and no other is made. */
  | "cut"
  /** Connections are made and stay; nothing passes. */
  | "black hole"
  /** What passes takes two seconds, each way. */
  | "slow";

/** A network between a verifier and its server. */
export interface TcpProxy extends AsyncDisposable {
  readonly port: number;
  become(network: Network): void;
}

const SLOW_MILLIS = 2000;

/** Listens on a free port and passes everything on to whatever port `target` says. */
export async function startTcpProxy(target: () => number): Promise<TcpProxy> {
  let network: Network = "sound";
  const sockets = new Set<Socket>();

  const server = createServer((near) => {
    if (network === "cut") {
      near.resetAndDestroy();
      return;
    }
    const far = connect(target(), "127.0.0.1");
    link(near, far);
    link(far, near);
  });

  function link(from: Socket, to: Socket): void {
    sockets.add(from);
    from.on("data", (chunk) => {
      if (network === "sound") to.write(chunk);
      else if (network === "slow") setTimeout(() => to.write(chunk), SLOW_MILLIS);
    });
    from.on("error", () => undefined);
    from.on("close", () => {
      sockets.delete(from);
      to.destroy();
    });
  }

  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    become(next) {
      network = next;
      if (next === "cut") for (const socket of sockets) socket.resetAndDestroy();
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
