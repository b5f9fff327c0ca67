import { Agent, type ClientRequest, type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps, Agent as TlsAgent } from "node:https";
import { urlToHttpOptions } from "node:url";

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

interface Sending {
  readonly headers: Readonly<Record<string, string | number>>;
  readonly agent: Agent | false;
}

const MOST_SOCKETS = 64;
const MOST_ANSWER = 8 * 1024 * 1024;
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
  const secure = base.protocol === "https:";
  const kept = { keepAlive: true, maxSockets: MOST_SOCKETS };
  const agent = secure ? new TlsAgent(kept) : new Agent(kept);
  const open = secure ? requestHttps : requestHttp;
  // Taken apart once: for each call it would cost as much as the decision that is asked for.
  const { protocol, hostname, port } = urlToHttpOptions(base);
  const authorization = `Bearer ${token}`;
  let closed = false;

  function send(method: string, path: string, { headers, agent }: Sending): ClientRequest {
    const target = `${base.pathname}${path}`;
    // Node copies this twice for each call: what it does not need would cost more than it seems.
    return open({ protocol, hostname, port, path: target, method, headers, agent });
  }

  return {
    post: (path, body, { timeoutMillis, headers }) =>
      new Promise((resolve, reject) => {
        if (closed) throw new LinkError(CLOSED);
        const text = JSON.stringify(body);
        const all = {
          authorization,
          "content-type": "application/json",
          "content-length": Buffer.byteLength(text),
          ...headers,
        };
        const sent = send("POST", path, { headers: all, agent });
        const timer = setTimeout(() => {
          sent.destroy(new LinkError(`no answer within ${timeoutMillis} ms`));
        }, timeoutMillis);
        const fail = (cause: unknown) => {
          clearTimeout(timer);
          reject(closed ? new LinkError(CLOSED) : asLinkError(cause));
        };
        sent.on("error", fail);
        // Otherwise it would be closed without an error, and nobody would be told.
        sent.on("upgrade", (_answer, socket) => {
          socket.destroy();
          fail(new LinkError("the server answered 101", 101));
        });
        sent.on("response", (answer) => {
          readAnswer(answer, fail, (value) => {
            clearTimeout(timer);
            resolve(value);
          });
        });
        sent.end(text);
      }),

    follow(path, idleMillis, listener) {
      // Of its own: kept connections are for calls that end.
      const headers = { authorization, accept: "application/x-ndjson" };
      const sent = send("GET", path, { headers, agent: false });
      let ended = false;
      const end = (cause: unknown) => {
        if (ended) return;
        ended = true;
        clearTimeout(idle);
        sent.destroy();
        listener.end(asLinkError(cause));
      };
      const idle = setTimeout(() => end(new LinkError("the stream fell silent")), idleMillis);
      sent.on("error", end);
      sent.on("response", (answer) => {
        if (answer.statusCode !== 200) {
          readAnswer(answer, end, () => end(new LinkError("the stream ended")));
          return;
        }
        const read = lineReader((text) => ended || listener.line(text));
        answer.setEncoding("utf8");
        answer.on("data", (chunk: string) => {
          idle.refresh();
          try {
            if (!read(chunk)) end(new LinkError("a line of the stream is too long"));
          } catch (cause) {
            // A line that cannot be taken must not end the process that listens.
            end(cause);
          }
        });
        answer.on("error", end);
        answer.on("close", () => end(new LinkError("the stream ended")));
      });
      sent.end();
      return (why = "it was closed here") => end(new LinkError(why));
    },

    close() {
      closed = true;
      agent.destroy();
    },
  };
}

/** Gives on the parsed body of a 2xx; nothing for one without a body. */
function readAnswer(
  answer: IncomingMessage,
  fail: (cause: unknown) => void,
  done: (value: unknown) => void,
): void {
  const status = answer.statusCode ?? 0;
  let text = "";
  answer.setEncoding("utf8");
  answer.on("error", fail);
  answer.on("data", (chunk: string) => {
    text += chunk;
    if (text.length > MOST_ANSWER) answer.destroy(new LinkError("the answer is too long"));
  });
  answer.on("end", () => {
    if (status < 200 || status > 299) {
      fail(new LinkError(`the server answered ${status}${MEANINGS.get(status) ?? ""}`, status));
      return;
    }
    try {
      done(text === "" ? undefined : JSON.parse(text));
    } catch (cause) {
      fail(cause);
    }
  });
}

/** Gives each line on; false once one is too long. */
function lineReader(onLine: (text: string) => void): (chunk: string) => boolean {
  let rest = "";
  return (chunk) => {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) onLine(line);
    return rest.length <= MOST_LINE;
  };
}

function asLinkError(cause: unknown): LinkError {
  if (cause instanceof LinkError) return cause;
  const code = (cause as { code?: unknown } | null)?.code;
  const what = typeof code === "string" ? code : "no answer that can be read";
  return new LinkError(`the server cannot be asked: ${what}`, undefined, { cause });
}
