import { once } from "node:events";
import { createServer, type Socket, connect as toSocket } from "node:net";
import pg from "pg";

/** How long one row takes by the shortest way there is. */
export interface RawNotify {
  /** Milliseconds from the insert to the push's arrival. */
  once(): Promise<number>;
  close(): Promise<void>;
}

/** A row that is inserted and announced in one transaction, then pushed on by TCP. */
export async function startRawNotify(url: string): Promise<RawNotify> {
  const [writer, listener] = [new pg.Client(url), new pg.Client(url)];
  await Promise.all([writer.connect(), listener.connect()]);
  await writer.query("create table if not exists raw_notify (at double precision)");
  await listener.query("listen raw_notify");
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const accepted = once(server, "connection");
  const far = toSocket({ port: address.port, host: "127.0.0.1", noDelay: true });
  const [near] = (await accepted) as [Socket];
  near.setNoDelay(true);
  listener.on("notification", () => near.write("x"));
  return {
    async once() {
      const begin = performance.now();
      const arrived = once(far, "data");
      const insert = `insert into raw_notify values (${begin})`;
      await writer.query(`begin; ${insert}; notify raw_notify; commit`);
      await arrived;
      return performance.now() - begin;
    },
    async close() {
      far.destroy();
      near.destroy();
      server.close();
      await Promise.all([writer.end(), listener.end()]);
    },
  };
}
