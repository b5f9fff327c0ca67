import type { Server } from "node:http";
import type { Socket } from "node:net";
import type { Clock } from "@latchkey/engine";
import { plainAnswerHead } from "./plain-answer.ts";
import { type PlainRequest, readPlainRequest } from "./plain-request.ts";
import type { Reply } from "./reply.ts";

/** Answers now or later, or returns false: nothing has happened, and the request is for others. */
export type PlainDoor = (request: PlainRequest, reply: Reply) => boolean;

interface Surroundings {
  readonly server: Server;
  readonly door: PlainDoor;
  /** Takes a connection over for Node's parser. */
  readonly parse: (socket: Socket) => void;
  /** The time, as HTTP writes it. */
  readonly date: () => string;
}

/** How often it is looked for connections that have been silent for too long. */
const LOOK_MILLIS = 1000;

/**
 * Reads plain requests off the server's connections for `door` to answer. The first that is not
 * plain, or not for this door, goes to Node's parser untouched, and its connection with it for good.
 */
export function attendPlainRequests(server: Server, door: PlainDoor, clock: Clock): void {
  const [parse] = server.listeners("connection") as ((socket: Socket) => void)[];
  if (parse === undefined) throw new Error("The server has no parser.");
  server.off("connection", parse);
  const surroundings = { server, door, parse: parse.bind(server), date: dates(clock) };
  const open = new Set<PlainConnection>();
  server.on("connection", (socket: Socket) => {
    const connection = new PlainConnection(surroundings, socket);
    open.add(connection);
    socket.once("close", () => open.delete(connection));
  });
  server.once("listening", () => {
    // One timer for all: one each would be set anew by each request.
    const looking = setInterval(() => {
      for (const connection of open) connection.look();
    }, LOOK_MILLIS);
    looking.unref();
    server.once("close", () => clearInterval(looking));
  });
  const closeIdle = server.closeIdleConnections.bind(server);
  server.closeIdleConnections = () => {
    closeIdle();
    for (const connection of open) connection.closeIfIdle();
  };
  const closeAll = server.closeAllConnections.bind(server);
  server.closeAllConnections = () => {
    closeAll();
    for (const connection of open) connection.close();
  };
}

/** One connection, as long as all that comes on it is plain. */
class PlainConnection {
  readonly #around: Surroundings;
  readonly #socket: Socket;
  readonly #peer: string | undefined;
  /** A request was taken and its answer has not been written; or Node has the connection. */
  #owes = false;
  #hasAnswered = false;
  #hasEnded = false;
  /** Since something came in last. */
  #silentMillis = 0;

  constructor(around: Surroundings, socket: Socket) {
    this.#around = around;
    this.#socket = socket;
    this.#peer = socket.remoteAddress;
    socket.on("data", this.#read);
    socket.on("end", this.#end);
    socket.on("error", this.close);
  }

  closeIfIdle(): void {
    if (!this.#owes) this.#socket.destroySoon();
  }

  /** Closes it once it has been silent for as long as Node would wait, or a second longer. */
  look(): void {
    if (this.#owes) return;
    const { keepAliveTimeout, headersTimeout } = this.#around.server;
    if (this.#silentMillis >= (this.#hasAnswered ? keepAliveTimeout : headersTimeout)) {
      this.#socket.destroy();
    }
    this.#silentMillis += LOOK_MILLIS;
  }

  readonly #read = (chunk: Buffer): void => {
    const request = readPlainRequest(chunk, this.#peer);
    this.#silentMillis = 0;
    this.#owes = true;
    if (request === undefined || !this.#around.door(request, this.#reply)) {
      this.#leave(chunk);
    } else if (this.#owes) {
      // Answers go in the order of their requests: the next one waits.
      this.#socket.pause();
    }
  };

  readonly #reply: Reply = (status, headers, body) => {
    const socket = this.#socket;
    const { server, date } = this.#around;
    const isLast = this.#hasEnded || !server.listening;
    const keptSeconds = isLast ? undefined : Math.floor(server.keepAliveTimeout / 1000);
    const head = plainAnswerHead(status, headers, { date: date(), keptSeconds });
    this.#owes = false;
    const keepsUp = write(socket, head, body);
    if (isLast) {
      socket.end();
      return;
    }
    this.#hasAnswered = true;
    if (keepsUp) {
      if (socket.isPaused()) socket.resume();
    } else {
      // Whoever does not read what was answered is not answered more.
      socket.pause();
      socket.once("drain", this.#resume);
    }
  };

  readonly #resume = (): void => {
    this.#socket.resume();
  };

  readonly #end = (): void => {
    this.#hasEnded = true;
    if (!this.#owes) this.#socket.end();
  };

  readonly close = (): void => {
    this.#socket.destroy();
  };

  #leave(chunk: Buffer): void {
    const socket = this.#socket;
    socket.off("data", this.#read);
    socket.off("end", this.#end);
    socket.off("error", this.close);
    this.#around.parse(socket);
    socket.emit("data", chunk);
  }
}

/** Whether the other end keeps up with what it is sent. */
function write(socket: Socket, head: string, body: string): boolean {
  if (Buffer.byteLength(body) === body.length) return socket.write(head + body, "latin1");
  socket.cork();
  socket.write(head, "latin1");
  const keepsUp = socket.write(body);
  socket.uncork();
  return keepsUp;
}

/** The time as HTTP writes it (RFC 9110 §5.6.7), written once a second. */
function dates(clock: Clock): () => string {
  let second = Number.NaN;
  let text = "";
  return () => {
    const now = clock();
    const current = Math.floor(now / 1000);
    if (current !== second) {
      second = current;
      text = new Date(now).toUTCString();
    }
    return text;
  };
}
