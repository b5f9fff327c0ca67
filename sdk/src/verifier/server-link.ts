import { StringDecoder } from "node:string_decoder";
import { connectionsTo } from "./connection.ts";
import { keepConnections } from "./kept-connections.ts";

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

/** The error of an answer that can be read, and is none to what was asked. */
export function strangeAnswer(): LinkError {
  return new LinkError("what answers is not Latchkey, or another version of it");
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

/** In UTF-16 units, of which a byte on the wire makes at most one. */
const MOST_LINE = 4 * 1024 * 1024;
const CLOSED = "it was closed before the server answered";

/** In words of our own: what another server says could repeat the token, and goes to a log. */
const MEANINGS: ReadonlyMap<number, string> = new Map([
  [401, ": it does not know the token"],
  [403, ": the token's role is not verifier, admin or owner"],
  [404, ": it has no API of this name that the token may see"],
]);

/** Nothing is connected until it is used. */
export function openServerLink({ base, token }: { base: URL; token: string }): ServerLink {
  const connect = connectionsTo(base);
  const kept = keepConnections(connect);
  const authorization = `Bearer ${token}`;
  let closed = false;

  return {
    post: (path, body, { timeoutMillis, headers }) =>
      new Promise((resolve, reject) => {
        if (closed) throw new LinkError(CLOSED);
        const failed = (cause: unknown) =>
          reject(closed ? new LinkError(CLOSED) : asLinkError(cause));
        kept.ask({
          question: {
            method: "POST",
            path: `${base.pathname}${path}`,
            headers: { authorization, "content-type": "application/json", ...headers },
            body: JSON.stringify(body),
          },
          timeoutMillis,
          answered(status, text) {
            try {
              if (status < 200 || status > 299) throw answeredWith(status);
              resolve(text === "" ? undefined : JSON.parse(text));
            } catch (cause) {
              failed(cause);
            }
          },
          refused: (why) => failed(new LinkError(why)),
          failed,
        });
      }),

    follow(path, idleMillis, listener) {
      // Of its own: kept connections are for calls that end.
      const connection = connect();
      let ended = false;
      const end = (cause: unknown) => {
        if (ended) return;
        ended = true;
        clearTimeout(idle);
        connection.destroy();
        listener.end(asLinkError(cause));
      };
      const idle = setTimeout(() => end(new LinkError("the stream fell silent")), idleMillis);
      const read = lineReader((text) => ended || listener.line(text));
      const headers = { authorization, accept: "application/x-ndjson" };
      connection.ask(
        { method: "GET", path: `${base.pathname}${path}`, headers },
        {
          // Its types let it be left out, and it does not.
          onRequestStart: () => undefined,
          onResponseStart(_, status) {
            // Below 200 it is a proxy that says something first.
            if (status > 200) end(answeredWith(status));
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
      kept.close();
    },
  };
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

/** What the HTTP client calls by a name of its own. */
const FAULTS: ReadonlyMap<unknown, string> = new Map([["UND_ERR_SOCKET", "the connection ended"]]);

function asLinkError(cause: unknown): LinkError {
  if (cause instanceof LinkError) return cause;
  const code = (cause as { code?: unknown } | null)?.code;
  const known = FAULTS.get(code) ?? (typeof code === "string" ? code : undefined);
  const what = known ?? "no answer that can be read";
  // Its parser quotes what it could not read, and a server may have repeated the token there.
  const isQuote = cause instanceof Error && "data" in cause;
  const why = isQuote ? undefined : { cause };
  return new LinkError(`the server cannot be asked: ${what}`, undefined, why);
}
