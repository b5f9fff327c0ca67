import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** An address that leads where it is told to, as a name that is given another address. */
export interface SwitchedAddress extends AsyncDisposable {
  readonly url: string;
  /** Where new connections lead; those that there are stay where they are. */
  leadTo(url: string): void;
}

/** Starts on a free port. */
export async function startSwitchedAddress(first: string): Promise<SwitchedAddress> {
  let target = new URL(first);
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname);
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from);
      from.on("error", () => undefined);
      from.on("close", () => {
        sockets.delete(from);
        to.destroy();
      });
      from.pipe(to);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = new URL(first);
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href,
    leadTo: (other) => {
      target = new URL(other);
    },
    [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
