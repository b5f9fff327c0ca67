import { connect } from "node:net";
import { type Answer, answerOf } from "./answer.ts";

const PATIENCE_MILLIS = 10_000;

/**
 * Writes bytes on a connection of their own, as no HTTP client would, and reads one answer up to
 * the end of the connection or of its declared length. Rejects when the server hangs up without one.
 */
export function sendRaw(port: number, bytes: string | Uint8Array): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1");
    let received: Buffer = Buffer.alloc(0);
    const settle = (isOver: boolean): void => {
      const answer = readAnswer(received, isOver);
      if (answer === undefined && !isOver) return;
      socket.destroy();
      if (answer === undefined) reject(new Error(`no answer: ${received.toString("latin1")}`));
      else resolve(answer);
    };
    socket.setTimeout(PATIENCE_MILLIS, () => settle(true));
    // A server that refuses early resets while we still write; what it said comes first.
    socket.on("error", () => settle(true));
    socket.on("close", () => settle(true));
    socket.on("data", (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      settle(false);
    });
    socket.write(typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes);
  });
}

/** A request head with `\r\n` line ends, `Host` first unless `lines` bring one. */
export function head(requestLine: string, lines: readonly string[] = []): string {
  const host = lines.some((line) => /^host:/i.test(line)) ? [] : ["Host: localhost"];
  return [requestLine, ...host, ...lines, "", ""].join("\r\n");
}

function readAnswer(received: Buffer, isOver: boolean): Answer | undefined {
  const end = received.indexOf("\r\n\r\n");
  if (end === -1) return undefined;
  const [statusLine = "", ...lines] = received.subarray(0, end).toString("latin1").split("\r\n");
  const status = Number(statusLine.split(" ")[1]);
  const flat = lines.flatMap((line) => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
  const answer = answerOf(status, flat, received.subarray(end + 4).toString());
  const declared = Number(answer.headers["content-length"] ?? Number.NaN);
  const isWhole = received.length - end - 4 >= declared;
  return isWhole || isOver ? answer : undefined;
}
