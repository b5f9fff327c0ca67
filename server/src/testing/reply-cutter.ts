import { connect, createServer, type Socket } from "node:net";

/** Stands between a client and PostgreSQL and loses replies. */
export interface ReplyCutter {
  /** The database's address, by way of this. */
  readonly url: string;
  /** Of the next so many commits: they happen, but the connection ends before the client hears. */
  cutCommits(count: number): void;
  /** How many were cut. */
  cut(): number;
  /** Of every connection that there is now nothing comes through any more, and neither end is told. */
  silence(): void;
  stop(): Promise<void>;
}

/** Starts on a free port. */
export async function startReplyCutter(databaseUrl: string): Promise<ReplyCutter> {
  const database = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  const silent = new WeakSet<Socket>();
  let wanted = 0;
  let cut = 0;

  const server = createServer((client) => {
    const upstream = connect(Number(database.port), database.hostname);
    let cutting = false;
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("error", () => undefined);
      socket.on("close", () => sockets.delete(socket));
    }
    client.on("data", (chunk) => {
      if (silent.has(client)) return;
      if (wanted > 0 && chunk.includes("commit\0")) {
        wanted -= 1;
        cutting = true;
      }
      upstream.write(chunk);
    });
    upstream.on("data", (chunk) => {
      if (silent.has(client)) return;
      // The server has answered, so it has committed.
      if (!cutting) return void client.write(chunk);
      cut += 1;
      client.destroy();
      upstream.end();
    });
    client.on("close", () => upstream.end());
    upstream.on("close", () => client.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const url = new URL(databaseUrl);
  url.port = String(typeof address === "object" && address ? address.port : 0);
  return {
    url: url.href,
    cutCommits: (count) => {
      wanted += count;
    },
    cut: () => cut,
    silence: () => sockets.forEach((socket) => void silent.add(socket)),
    stop() {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
