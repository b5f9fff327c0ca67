/// <reference path="./undici-parts.d.ts" />
import type { Socket } from "node:net";
import type { Dispatcher } from "undici";
import buildConnector from "undici/lib/core/connect.js";
import Client from "undici/lib/dispatcher/client.js";

/** A connection for one question at a time. It is made when it is first used, or lost. */
export interface Connection {
  ask(question: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): void;
  /** Ends it in whatever state it is; who waits for an answer is told. */
  destroy(): void;
}

/** Unused for longer it is closed here: many a proxy closes it after a minute. */
const KEPT_MILLIS = 50_000;

/** Makes connections to a server; nothing is connected yet. */
export function connectionsTo({ origin }: URL): () => Connection {
  // Whoever asks says how long everything may take. Sessions of TLS are known to all of them.
  const connect = buildConnector({ allowH2: false, timeout: 0 });
  return () => {
    let socket: Socket | undefined;
    const client = new Client(origin, {
      ...{ allowH2: false, headersTimeout: 0, bodyTimeout: 0, keepAliveTimeout: KEPT_MILLIS },
      connect: (options, done) => {
        socket = connect(options, done);
      },
    });
    return {
      ask: (question, handler) => void client.dispatch(question, handler),
      destroy() {
        void client.destroy();
        // It would let one that is being made come about first, for as long as that takes.
        socket?.destroy();
      },
    };
  };
}
