import {
  type DestinationStream,
  type Logger,
  type LoggerOptions,
  pino,
  stdTimeFunctions,
} from "pino";

/**
 * Where a credential could stand in something that is logged. Bodies and whole header sets are not
 * logged at all; this is the second lock.
 */
const SECRET_PATHS = [
  "authorization",
  'headers["authorization"]',
  'headers["cookie"]',
  'headers["set-cookie"]',
  'headers["x-latchkey-token"]',
  'headers["x-api-key"]',
  'headers["idempotency-key"]',
  "key",
  "token",
  "password",
  "secret",
].flatMap((path) => [path, `*.${path}`]);

/** Most bytes that wait for a disk that is full; what is logged beyond them is lost. */
const MOST_WAITING = 8 * 1024 * 1024;

/** JSON lines with secrets removed, on standard output unless a destination is given. */
export function createLog(parts: {
  readonly level: string;
  readonly destination?: DestinationStream;
}): Logger {
  const options: LoggerOptions = {
    level: parts.level,
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    redact: { paths: SECRET_PATHS, censor: "[redacted]" },
  };
  return pino(options, parts.destination ?? standardOutput());
}

/** Requests are answered although nobody takes the lines, as on a full disk; they wait meanwhile. */
function standardOutput(): DestinationStream {
  const stream = pino.destination({ sync: false, minLength: 1, maxLength: MOST_WAITING });
  let isTaken = true;
  stream.on("write", () => {
    isTaken = true;
  });
  stream.on("error", () => {
    isTaken = false;
  });
  // Without this it would not be tried again.
  stream.on("drop", () => stream.flush());
  const flushSync = stream.flushSync.bind(stream);
  // Called at the exit, where the original tries until it succeeds, and the process would stay.
  stream.flushSync = () => {
    if (isTaken) flushSync();
  };
  return stream;
}
