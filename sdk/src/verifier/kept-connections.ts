import { StringDecoder } from "node:string_decoder";
import type { Dispatcher } from "undici";
import type { Connection } from "./connection.ts";

/** A question to the server, and who is told of the answer: by one of the three, once. */
export interface Asked {
  readonly question: Dispatcher.DispatchOptions;
  readonly timeoutMillis: number;
  answered(status: number, text: string): void;
  /** The answer did not come in time, or did and was longer than is taken. */
  refused(why: string): void;
  failed(cause: unknown): void;
}

/** Connections that are used again. */
export interface KeptConnections {
  ask(asked: Asked): void;
  /** Whoever waits for an answer is told that it failed. */
  close(): void;
}

const MOST_CONNECTIONS = 64;
/** In UTF-16 units, of which a byte on the wire makes at most one. */
const MOST_ANSWER = 8 * 1024 * 1024;

/**
 * Asks on 64 connections at most; more questions wait for one of them. Who waited too long is gone
 * from there with its connection, so that one who comes later finds no dead questions in its way.
 */
export function keepConnections(connect: () => Connection): KeptConnections {
  const all = new Set<Connection>();
  const idle: Connection[] = [];
  const waiting = new Set<Call>();
  let closed = false;

  function takeUp(connection: Connection): void {
    const [call] = waiting;
    if (call === undefined) {
      idle.push(connection);
      return;
    }
    waiting.delete(call);
    call.begin(connection);
  }

  function open(): Connection {
    const connection = connect();
    all.add(connection);
    return connection;
  }

  function lose(connection: Connection): void {
    all.delete(connection);
    connection.destroy();
    if (waiting.size > 0 && !closed) takeUp(open());
  }

  return {
    ask(asked) {
      const call = new Call(asked, (connection, isGood) => {
        if (connection === undefined) waiting.delete(call);
        else if (isGood) takeUp(connection);
        else lose(connection);
      });
      const connection = idle.pop() ?? (all.size < MOST_CONNECTIONS ? open() : undefined);
      if (connection === undefined) waiting.add(call);
      else call.begin(connection);
    },
    close() {
      closed = true;
      for (const call of waiting) call.onResponseError(undefined, new Error("closed"));
      for (const connection of all) connection.destroy();
    },
  };
}

class Call implements Dispatcher.DispatchHandler {
  readonly #asked: Asked;
  /** Told of its connection, if it has one, and whether that can be used again. */
  readonly #left: (connection: Connection | undefined, isGood: boolean) => void;
  readonly #timer: NodeJS.Timeout;
  readonly #decoder = new StringDecoder("utf8");
  #connection: Connection | undefined;
  #isOver = false;
  #status = 0;
  #text = "";

  constructor(asked: Asked, left: (connection: Connection | undefined, isGood: boolean) => void) {
    this.#asked = asked;
    this.#left = left;
    this.#timer = setTimeout(() => {
      this.#end(false);
      asked.refused(`no answer within ${asked.timeoutMillis} ms`);
    }, asked.timeoutMillis);
  }

  begin(connection: Connection): void {
    this.#connection = connection;
    connection.ask(this.#asked.question, this);
  }

  #end(isGood: boolean): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#left(this.#connection, isGood);
  }

  /** Its types let it be left out, and it does not. */
  onRequestStart(): void {}

  onResponseStart(_: unknown, status: number): void {
    this.#status = status;
  }

  onResponseData(_: unknown, chunk: Buffer): void {
    if (this.#isOver) return;
    this.#text += this.#decoder.write(chunk);
    if (this.#text.length <= MOST_ANSWER) return;
    this.#end(false);
    this.#asked.refused("the answer is too long");
  }

  onResponseEnd(): void {
    if (this.#isOver) return;
    this.#end(true);
    this.#asked.answered(this.#status, this.#text + this.#decoder.end());
  }

  onResponseError(_: unknown, cause: unknown): void {
    if (this.#isOver) return;
    this.#end(false);
    this.#asked.failed(cause);
  }
}
