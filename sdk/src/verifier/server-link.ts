import { StringDecoder } from "node:string_decoder";
import { Client, type Dispatcher, Pool } from "undici";

/** The server did not answer, or not with what was asked for. Holds no part of a request. */
export class LinkError extends Error {
  /** `undefined`: there was no answer. */
  readonly status: number | undefined;

  constructor(message: string, status?: number, options?: ErrorOptions) {
    super(message, options);
    this.name = "LinkError";
    this.status = status;
  }
}

/** How a call is made. */
export interface CallOptions {
  readonly timeoutMillis: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Whoever listens to a stream. */
export interface LineListener {
  line(text: string): void;
  /** Called once, however it ends. */
  end(why: LinkError): void;
}

/** The way to one API of the server, on connections that are kept. */
export interface ServerLink {
  /** Sends JSON; resolves with the parsed answer. Rejects with `LinkError`. */
  post(path: string, body: unknown, options: CallOptions): Promise<unknown>;
  /** Listens to an answer without an end; the function it returns ends it, and may say why. */
  follow(path: string, idleMillis: number, listener: LineListener): (why?: string) => void;
  /** Whoever waits for an answer is told that none will come. */
  close(): void;
}

const MOST_SOCKETS = 64;
const MOST_ANSWER = 8 * 1024 * 1024;
const MOST_LINE = 4 * 1024 * 1024;
const CLOSED = "it was closed before the server answered";

const CONNECTIONS = {
  allowH2: false,
  // As long as somebody waits for a decision: whoever comes later begins with a new connection.
  connectTimeout: 2500,
  // Whoever asks says how long an answer may take.
  headersTimeout: 0,
  bodyTimeout: 0,
} as const;

/** In words of our own: what another server says could repeat the token, and goes to a log. */
const MEANINGS: ReadonlyMap<number, string> = new Map([
  [401, ": it does not know the token"],
  [403, ": the token's role is not verifier, admin or owner"],
  [404, ": it has no API of this name that the token may see"],
]);

/** Nothing is connected until it is used. */
export function openServerLink({ base, token }: { base: URL; token: string }): ServerLink {
  const kept = new Pool(base.origin, { ...CONNECTIONS, connections: MOST_SOCKETS });
  const authorization = `Bearer ${token}`;
  let closed = false;

  return {
    post: (path, body, { timeoutMillis, headers }) =>
      new Promise((resolve, reject) => {
        if (closed) throw new LinkError(CLOSED);
        const fail = (cause: unknown) =>
          reject(closed ? new LinkError(CLOSED) : asLinkError(cause));
        kept.dispatch(
          {
            method: "POST",
            path: `${base.pathname}${path}`,
            headers: { authorization, "content-type": "application/json", ...headers },
            body: JSON.stringify(body),
          },
          new Call(timeoutMillis, resolve, fail),
        );
      }),

    follow(path, idleMillis, listener) {
      // Of its own: kept connections are for calls that end.
      const connection = new Client(base.origin, CONNECTIONS);
      let ended = false;
      const end = (cause: unknown) => {
        if (ended) return;
        ended = true;
        clearTimeout(idle);
        void connection.destroy();
        listener.end(asLinkError(cause));
      };
      const idle = setTimeout(() => end(new LinkError("the stream fell silent")), idleMillis);
      const read = lineReader((text) => ended || listener.line(text));
      const headers = { authorization, accept: "application/x-ndjson" };
      connection.dispatch(
        { method: "GET", path: `${base.pathname}${path}`, headers },
        {
          // Its types let it be left out, and it does not.
          onRequestStart: () => undefined,
          onResponseStart(_, status) {
            if (status !== 200) end(answeredWith(status));
          },
          onResponseData(_, chunk) {
            idle.refresh();
            try {
              if (!read(chunk)) end(new LinkError("a line of the stream is too long"));
            } catch (cause) {
              // A line that cannot be taken must not end the process that listens.
              end(cause);
            }
          },
          onResponseEnd: () => end(new LinkError("the stream ended")),
          onResponseError: (_, cause) => end(cause),
        },
      );
      return (why = "it was closed here") => end(new LinkError(why));
    },

    close() {
      closed = true;
      void kept.destroy();
    },
  };
}

/** Gives on the parsed body of a 2xx; nothing for one without a body. */
class Call implements Dispatcher.DispatchHandler {
  readonly #done: (value: unknown) => void;
  readonly #fail: (cause: unknown) => void;
  readonly #timer: NodeJS.Timeout;
  readonly #decoder = new StringDecoder("utf8");
  #controller: Dispatcher.DispatchController | undefined;
  #late: LinkError | undefined;
  #status = 0;
  #text = "";

  constructor(
    timeoutMillis: number,
    done: (value: unknown) => void,
    fail: (cause: unknown) => void,
  ) {
    this.#done = done;
    this.#fail = fail;
    this.#timer = setTimeout(() => {
      this.#late = new LinkError(`no answer within ${timeoutMillis} ms`);
      this.#controller?.abort(this.#late);
      // It may still wait for a connection.
      fail(this.#late);
    }, timeoutMillis);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#late !== undefined) controller.abort(this.#late);
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number): void {
    this.#status = status;
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#text += this.#decoder.write(chunk);
    if (this.#text.length > MOST_ANSWER) controller.abort(new LinkError("the answer is too long"));
  }

  onResponseEnd(): void {
    clearTimeout(this.#timer);
    const status = this.#status;
    if (status < 200 || status > 299) {
      this.#fail(answeredWith(status));
      return;
    }
    try {
      this.#done(this.#text === "" ? undefined : JSON.parse(this.#text));
    } catch (cause) {
      this.#fail(cause);
    }
  }

  onResponseError(_: Dispatcher.DispatchController, cause: Error): void {
    clearTimeout(this.#timer);
    this.#fail(cause);
  }
}

/** Gives each line on; false once one is too long. */
function lineReader(onLine: (text: string) => void): (chunk: Buffer) => boolean {
  const decoder = new StringDecoder("utf8");
  let rest = "";
  return (chunk) => {
    const lines = (rest + decoder.write(chunk)).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) onLine(line);
    return rest.length <= MOST_LINE;
  };
}

function answeredWith(status: number): LinkError {
  return new LinkError(`the server answered ${status}${MEANINGS.get(status) ?? ""}`, status);
}

/** What the HTTP client calls by names of its own. */
const FAULTS: ReadonlyMap<unknown, string> = new Map([
  ["UND_ERR_SOCKET", "the connection ended"],
  ["UND_ERR_CONNECT_TIMEOUT", "no connection in time"],
]);

function asLinkError(cause: unknown): LinkError {
  if (cause instanceof LinkError) return cause;
  const code = (cause as { code?: unknown } | null)?.code;
  const known = FAULTS.get(code) ?? (typeof code === "string" ? code : undefined);
  const what = known ?? "no answer that can be read";
  return new LinkError(`the server cannot be asked: ${what}`, undefined, { cause });
}
