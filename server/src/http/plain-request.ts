import type { IncomingMessage } from "node:http";
import { knownName } from "./header-names.ts";
import { MAX_HEADER_BLOCK } from "./hygiene.ts";

/** What the doors before the framework look at, whoever read it off the connection. */
export interface RequestHead {
  readonly method: string;
  /** Path and query as sent. */
  readonly url: string;
  /** Names, in whatever case, and values in turn, as sent. */
  readonly rawHeaders: readonly string[];
  /** The address of whoever holds the other end of the connection. */
  readonly peer: string | undefined;
}

/** A request that is there as a whole. */
export interface PlainRequest extends RequestHead {
  readonly body: Buffer;
}

/** The head of a request that Node's parser read. */
export function headOf(request: IncomingMessage): RequestHead {
  const { method = "GET", url = "", rawHeaders, socket } = request;
  return { method, url, rawHeaders, peer: socket.remoteAddress };
}

/** Everything else is for Node's parser, and few connections carry this and something else. */
const START = /(GET|POST) (\/v1\/apis\/[!-"$-~]+) HTTP\/1\.1\r\n/y;
/** A token, and visible characters with blanks only between them (RFC 9110 §5.1, §5.5). */
const LINE = /([!#$%&'*+\-.^_`|~0-9A-Za-z]+): ?([!-~](?:[ -~]*[!-~])?)\r\n/y;
const END = "\r\n";

const MAX_LINES = 64;
const NO_BODY = Buffer.alloc(0);

/**
 * Reads a request of the plainest form there is: HTTP/1.1, `GET` without a body or `POST` with a
 * `Content-Length`, exactly one `Host`, a connection that stays, and nothing before or after it in
 * `chunk`. Names of headers come in lower case. `undefined` for anything else, which Node's parser
 * then judges: this reader refuses nothing, and reads nothing in another way than Node's would.
 */
export function readPlainRequest(
  chunk: Buffer,
  peer: string | undefined,
): PlainRequest | undefined {
  const text = chunk.toString("latin1", 0, Math.min(chunk.length, MAX_HEADER_BLOCK));
  START.lastIndex = 0;
  const start = START.exec(text);
  if (start === null) return undefined;
  const [, method = "", url = ""] = start;
  const rawHeaders: string[] = [];
  let at = START.lastIndex;
  let hosts = 0;
  let length: number | undefined;
  while (!text.startsWith(END, at)) {
    LINE.lastIndex = at;
    const line = LINE.exec(text);
    if (line === null || rawHeaders.length === 2 * MAX_LINES) return undefined;
    const [, sent = "", value = ""] = line;
    const { name, isFraming } = knownName(sent);
    if (isFraming) {
      if (name === "host") hosts += 1;
      else if (name === "content-length" && length === undefined) length = lengthOf(value);
      else if (name !== "connection" || value.toLowerCase() !== "keep-alive") return undefined;
    }
    rawHeaders.push(name, value);
    at = LINE.lastIndex;
  }
  const bodyStart = at + END.length;
  if (hosts !== 1 || (method === "POST") !== (length !== undefined)) return undefined;
  if (chunk.length !== bodyStart + (length ?? 0)) return undefined;
  const body = length === undefined ? NO_BODY : chunk.subarray(bodyStart);
  return { method, url, rawHeaders, peer, body };
}

const DIGITS = /^[1-9]\d{0,6}$/;

/** Not a number for what has another spelling: no chunk is that long. */
function lengthOf(value: string): number {
  return DIGITS.test(value) ? Number(value) : Number.NaN;
}
