import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

const READY = 0x5a;
const READY_BYTES = 6;
const END = 0x58;

/** Stands between clients and PostgreSQL as a pooler that has one session and lends it by query. */
export interface SessionSharer {
  /** The database's address, by way of this. */
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts on a free port. It knows simple queries only, one message at a time. */
export async function startSessionSharer(databaseUrl: string): Promise<SessionSharer> {
  const database = new URL(databaseUrl);
  const upstream = connect(Number(database.port), database.hostname);
  await once(upstream, "connect");
  const clients = new Set<Socket>();
  let turn: Promise<unknown> = Promise.resolve();
  let greeting: Buffer | undefined;

  /** One message, whose whole answer comes before the next is sent. */
  function ask(message: Buffer): Promise<Buffer> {
    const answer = turn.then(async () => {
      upstream.write(message);
      const parts: Buffer[] = [];
      for (;;) {
        const [part] = await once(upstream, "data");
        parts.push(part);
        const all = Buffer.concat(parts);
        if (all.at(-READY_BYTES) === READY) return all;
      }
    });
    turn = answer;
    return answer;
  }

  const server = createServer((client) => {
    clients.add(client);
    client.on("error", () => undefined);
    let isGreeted = false;
    client.on("data", async (message: Buffer) => {
      if (message[0] === END) return void client.end();
      if (isGreeted) return void client.write(await ask(message));
      isGreeted = true;
      greeting ??= await ask(message);
      client.write(greeting);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = new URL(databaseUrl);
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href,
    stop() {
      for (const client of clients) client.destroy();
      upstream.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
