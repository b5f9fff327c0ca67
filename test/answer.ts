import { Agent, type OutgoingHttpHeaders, type RequestOptions, request } from "node:http";

/** What is sent. Nothing is added but `Host`, framing, and the content type of a JSON body. */
export interface Question {
  readonly method?: string;
  /** Sent as it stands: no URL parser tidies it. */
  readonly path: string;
  /** A list sends one line for each element. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** A string or bytes as they are; anything else as JSON. */
  readonly body?: unknown;
}

/** What came back. */
export interface Answer {
  readonly status: number;
  /** Names in lower case; several lines of one name joined with `, `. */
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  /** The body as JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: a test says what it expects, which is the check
  readonly json: any;
}

/** Asks the server on this machine's `port`. */
export type Ask = (question: Question) => Promise<Answer>;

/** Asks over connections that are kept alive until `close`, on a port or a Unix socket. */
export function askOn(where: number | string): { readonly ask: Ask; close(): void } {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const to =
    typeof where === "string"
      ? { agent, socketPath: where }
      : { agent, port: where, host: "127.0.0.1" };
  return { ask: (question) => send(to, question), close: () => agent.destroy() };
}

function send(to: RequestOptions, question: Question): Promise<Answer> {
  const { method = "GET", path, headers = {}, body } = question;
  const isRaw = typeof body === "string" || body instanceof Uint8Array;
  const payload = body === undefined || isRaw ? body : JSON.stringify(body);
  const all: OutgoingHttpHeaders = {};
  for (const [name, value] of Object.entries(headers)) {
    all[name] = typeof value === "string" ? value : [...value];
  }
  if (payload !== undefined) {
    all["content-type"] ??= "application/json";
    all["content-length"] = String(Buffer.byteLength(payload));
  }
  return new Promise((resolve, reject) => {
    const sent = request({ ...to, method, path, headers: all });
    sent.once("error", reject);
    sent.once("response", (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.once("error", reject);
      response.once("aborted", () => reject(new Error("the answer was cut off")));
      response.once("end", () => {
        const text = Buffer.concat(chunks).toString();
        resolve(answerOf(response.statusCode ?? 0, response.rawHeaders, text));
      });
    });
    sent.end(payload);
  });
}

/** An answer from its parts, `lines` being names and values in turn. */
export function answerOf(status: number, lines: readonly string[], text: string): Answer {
  const headers: Record<string, string> = {};
  for (let i = 0; i < lines.length; i += 2) {
    const name = (lines[i] as string).toLowerCase();
    const before = headers[name];
    headers[name] = before === undefined ? `${lines[i + 1]}` : `${before}, ${lines[i + 1]}`;
  }
  return {
    status,
    headers,
    text,
    get json() {
      return JSON.parse(text);
    },
  };
}
