import { createServer } from "node:net";
import { freePort } from "./free-port.ts";

/** A mail server on this machine: as much of RFC 5321 as one mail needs. */
export interface SmtpServer {
  /** What `LATCHKEY_SMTP_URL` is set to. */
  readonly url: string;
  /** Every line that it was told. */
  readonly told: readonly string[];
  /** Recipients that contain this are refused. */
  refuses: string | undefined;
  close(): void;
}

/** Starts one that takes what it is given and delivers nothing. */
export async function startSmtpServer(): Promise<SmtpServer> {
  const told: string[] = [];
  const port = await freePort();
  const server = createServer((socket) => {
    let isBody = false;
    const answerTo = (line: string): string => {
      if (isBody) return "354 go on";
      if (line === "QUIT") return "221 bye";
      const isRefused = it.refuses !== undefined && line.startsWith("RCPT");
      return isRefused && line.includes(it.refuses ?? "") ? "550 nobody" : "250 ok";
    };
    socket.write("220 mail.example\r\n");
    socket.on("error", () => undefined);
    socket.on("data", (chunk) => {
      for (const line of chunk.toString().split("\r\n").slice(0, -1)) {
        told.push(line);
        if (isBody && line !== ".") continue;
        isBody = line === "DATA";
        socket.write(`${answerTo(line)}\r\n`);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const url = `smtp://127.0.0.1:${port}`;
  const it: SmtpServer = { url, told, refuses: undefined, close: () => void server.close() };
  return it;
}
