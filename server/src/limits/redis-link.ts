import { createClient, createCluster } from "@redis/client";
import type { RedisAddress } from "./redis-address.ts";
import { within } from "./within.ts";

/** Where one Redis of several is. */
export interface RedisNode {
  readonly host: string;
  readonly port: number;
}

/** Open connections to a single Redis or to every master of a Cluster. Never mended: made anew. */
export interface RedisLink {
  readonly kind: "single" | "cluster";
  /** Other nodes of the Cluster, through which it can be found when the first is away. */
  readonly nodes: readonly RedisNode[];
  /** Sends one command to where `key` lives. Commands of one turn go out together. */
  send(key: string, command: readonly string[]): Promise<unknown>;
  /** Closes at once: what was under way is rejected. */
  destroy(): void;
}

interface LinkParts {
  readonly address: RedisAddress;
  /** Asked in turn; the first that answers tells whether it belongs to a Cluster. */
  readonly nodes: readonly RedisNode[];
  /** For each step of the opening. */
  readonly timeoutMillis: number;
  /** A connection broke; may be called more than once. */
  readonly onBroken: (error: unknown) => void;
}

const KEEP_ALIVE_MILLIS = 5000;

/** Connects to the first node that answers. Rejects with the last node's reason if none does. */
export async function openRedisLink(parts: LinkParts): Promise<RedisLink> {
  let reason: unknown;
  for (const node of parts.nodes) {
    try {
      return await openAt(node, parts);
    } catch (error) {
      reason = error;
    }
  }
  throw reason;
}

async function openAt(node: RedisNode, parts: LinkParts): Promise<RedisLink> {
  const { address, timeoutMillis, onBroken } = parts;
  const client = createClient({
    ...optionsFor(address),
    database: address.database,
    socket: socketFor(node, address, timeoutMillis),
  });
  client.on("error", onBroken);
  const connecting = client.connect();
  let isCluster: boolean;
  try {
    await within(timeoutMillis, connecting);
    // Allowed to whoever may connect, other than INFO and CLUSTER INFO.
    const hello = await within(timeoutMillis, client.sendCommand<unknown[]>(["HELLO"]));
    isCluster = hello[hello.indexOf("mode") + 1] === "cluster";
  } catch (error) {
    discard(client, connecting);
    throw error;
  }
  if (!isCluster) {
    return {
      kind: "single",
      nodes: [],
      send: (_key, command) => client.sendCommand(command),
      destroy: () => client.destroy(),
    };
  }
  client.off("error", onBroken).on("error", () => undefined);
  client.destroy();
  return openCluster(node, parts);
}

async function openCluster(
  root: RedisNode,
  { address, timeoutMillis, onBroken }: LinkParts,
): Promise<RedisLink> {
  const cluster = createCluster({
    rootNodes: [{ socket: socketFor(root, address, timeoutMillis) }],
    RESP: 2,
    defaults: { ...optionsFor(address), socket: socketFor(root, address, timeoutMillis) },
  });
  cluster.on("error", onBroken).on("node-error", onBroken);
  const destroyAll = (): void => {
    const clients = cluster.masters.map(({ connectPromise }) => connectPromise);
    cluster.destroy();
    for (const client of clients) client?.then(destroy, () => undefined);
  };
  const connecting = cluster.connect();
  try {
    await within(timeoutMillis, connecting);
  } catch (error) {
    discard({ destroy: destroyAll }, connecting);
    throw error;
  }
  return {
    kind: "cluster",
    get nodes() {
      return cluster.masters.map(({ host, port }) => ({ host, port }));
    },
    send: (key, command) => cluster.sendCommand(key, false, [...command]),
    destroy: destroyAll,
  };
}

interface Destroyable {
  destroy(): void;
}

/** A client that is destroyed while it connects comes up all the same: it is destroyed then, too. */
function discard(client: Destroyable, connecting: Promise<unknown>): void {
  const again = () => destroy(client);
  again();
  connecting.then(again, again);
}

function destroy(client: Destroyable): void {
  client.destroy();
}

function optionsFor({ username, password }: RedisAddress) {
  return {
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    RESP: 2,
    clientInfoTag: "latchkey",
    disableOfflineQueue: true,
    maintNotifications: "disabled",
    pingInterval: KEEP_ALIVE_MILLIS,
    // Waits are bounded here, for all of a command's way.
    commandOptions: { timeout: 0 },
  } as const;
}

function socketFor({ host, port }: RedisNode, { tls }: RedisAddress, connectTimeout: number) {
  const socket = { host, port, connectTimeout, reconnectStrategy: false } as const;
  return tls ? ({ ...socket, tls: true } as const) : socket;
}
