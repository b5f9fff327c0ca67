import { promisify } from "node:util";
import { constants, gunzip, type ZlibOptions, zstdDecompress } from "node:zlib";
import { ApiError } from "@latchkey/engine";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { MAX_BODY, readJson } from "../json-body.ts";

/** Turns a coded body into what was coded; rejects when that is larger than the bound. */
type Decode = (body: Buffer) => Promise<Buffer>;

/** What `info` makes zlib answer; its types do not say so. */
interface Inflated {
  readonly buffer: Buffer;
  /** `bytesWritten`: how much of the input was read. */
  readonly engine: { readonly bytesWritten: number };
}

const inflate = promisify(gunzip) as unknown as (
  body: Buffer,
  options: ZlibOptions,
) => Promise<Inflated>;
const unpack = promisify(zstdDecompress);

// The output is counted while it is made, so a small body that would become a huge one stops at the
// bound.
const BOUNDED = { maxOutputLength: MAX_BODY } as const;

/** RFC 9659 §3: a decoder need not keep more than 8 MiB, and a frame must not ask for more. */
const ZSTD_WINDOW_LOG = 23;

/** Of any number of members (RFC 1952 §2.2); `rejectGarbageAfterEnd` would take one alone. */
const gzip: Decode = async (body) => {
  const { buffer, engine } = await inflate(body, { ...BOUNDED, info: true });
  // What begins with a zero byte is padding to zlib, whatever it is: it stops reading there.
  if (engine.bytesWritten !== body.length) throw new Error("there is more behind the last member");
  return buffer;
};
const zstd: Decode = (body) =>
  unpack(body, {
    ...BOUNDED,
    rejectGarbageAfterEnd: true,
    params: { [constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG },
  });
const identity: Decode = async (body) => body;

const JSON_TYPE = "application/json";

/** By content coding (RFC 9110 §8.4.1); `x-gzip` is another name of `gzip`. */
const CODINGS: ReadonlyMap<string, Decode> = new Map([
  ["identity", identity],
  ["gzip", gzip],
  ["x-gzip", gzip],
  ["zstd", zstd],
]);

/**
 * Makes the routes of `app` take JSON bodies as they are, in gzip or in zstd, of at most 1 MiB both
 * coded and decoded. Anything else is refused before it is read.
 */
export function acceptCodedBodies(app: FastifyInstance): void {
  app.addHook("preParsing", (request, reply, _payload, done) => {
    if (!hasBody(request) || codingOf(request) !== undefined) return done();
    // RFC 9110 §15.5.16: then it says what would have been accepted.
    reply.header("accept-encoding", "gzip, zstd");
    done(new ApiError("UNSUPPORTED_MEDIA_TYPE", "Send the body as it is, in gzip or in zstd."));
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    JSON_TYPE,
    { parseAs: "buffer" },
    async (request: FastifyRequest, body: Buffer) =>
      readJson(request, await decoded(request, body)),
  );
}

/** Makes the routes of `app`, which takes JSON bodies, have `check` look at each as a text first. */
export function checkBodies(app: FastifyInstance, check: (text: string) => void): void {
  app.removeContentTypeParser(JSON_TYPE);
  app.addContentTypeParser(
    JSON_TYPE,
    { parseAs: "buffer" },
    async (request: FastifyRequest, body: Buffer) => {
      const whole = await decoded(request, body);
      const read = readJson(request, whole);
      check(whole.toString());
      return read;
    },
  );
}

/**
 * Makes the routes of `app` leave bodies where they are, whatever their type: nobody looks at them.
 * The server drops them after the answer, so that the connection can be used again.
 */
export function leaveBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", (_request, _payload, done) => done(null, undefined));
}

/** RFC 9112 §6: one of the two says so. */
function hasBody({ headers }: FastifyRequest): boolean {
  return headers["content-length"] !== undefined || headers["transfer-encoding"] !== undefined;
}

/** How the body is coded; `undefined` for a coding that is not known, and for several. */
function codingOf({ headers }: FastifyRequest): Decode | undefined {
  // Node joins the lines of a repeated header, so that several are one unknown name.
  const name = headers["content-encoding"];
  return name === undefined ? identity : CODINGS.get(name.trim().toLowerCase());
}

async function decoded(request: FastifyRequest, body: Buffer): Promise<Buffer> {
  if (body.length === 0) return body;
  try {
    return await (codingOf(request) ?? identity)(body);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") {
      throw new ApiError("PAYLOAD_TOO_LARGE", "The body is larger than 1 MiB once decoded.");
    }
    throw new ApiError("INVALID_REQUEST", "The body is not what Content-Encoding says.", { cause });
  }
}
