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
  return parts.destination === undefined ? pino(options) : pino(options, parts.destination);
}
