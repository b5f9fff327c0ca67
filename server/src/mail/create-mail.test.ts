import { createServer, type Server, type Socket } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { freePort } from "../testing/free-port.ts";
import { createMail } from "./create-mail.ts";

const MESSAGE = { to: "ada@example.com", subject: "Choose", text: "https://a.example/#reset=t" };

/** As much of RFC 5321 as one mail needs; keeps what it was told. */
function smtpServer(socket: Socket, told: string[]): void {
  let isBody = false;
  socket.write("220 mail.example\r\n");
  socket.on("data", (chunk) => {
    for (const line of chunk.toString().split("\r\n").slice(0, -1)) {
      told.push(line);
      if (isBody && line !== ".") continue;
      isBody = line === "DATA";
      socket.write(isBody ? "354 go on\r\n" : line === "QUIT" ? "221 bye\r\n" : "250 ok\r\n");
    }
  });
}

function aLog() {
  const lines: unknown[] = [];
  const info = (about: object) => lines.push(about);
  return { lines, log: { info, warn: (line: string) => lines.push(line) } };
}

describe("with a mail server", () => {
  const servers: Server[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
  });

  async function aServer(): Promise<{ told: string[]; smtpUrl: string }> {
    const told: string[] = [];
    const port = await freePort();
    const server = createServer((socket) => smtpServer(socket, told));
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
    return { told, smtpUrl: `smtp://127.0.0.1:${port}` };
  }

  const from = "Latchkey <auth@example.com>";

  test("hands it the mail, and logs none of it", async () => {
    const { told, smtpUrl } = await aServer();
    const { lines, log } = aLog();
    const mail = createMail({ smtpUrl, from, logged: true, log });
    expect(mail.delivers).toBe(true);
    await mail.send(MESSAGE);
    expect(told).toEqual(
      expect.arrayContaining([
        "MAIL FROM:<auth@example.com>",
        "RCPT TO:<ada@example.com>",
        "Subject: Choose",
        MESSAGE.text,
      ]),
    );
    expect(lines).toEqual([]);
  });

  test("an address is one address, whatever it contains", async () => {
    const { told, smtpUrl } = await aServer();
    const mail = createMail({ smtpUrl, from, logged: false, log: aLog().log });
    const to = "a@example.com, b@example.com\r\nBcc: c@example.com";
    await mail.send({ ...MESSAGE, to }).catch(() => undefined);
    const recipients = told.filter((line) => line.startsWith("RCPT"));
    expect(recipients.length).toBeLessThanOrEqual(1);
    expect(told.filter((line) => /^bcc/i.test(line))).toEqual([]);
  });

  test("rejects when it is away", async () => {
    const smtpUrl = `smtp://127.0.0.1:${await freePort()}`;
    const mail = createMail({ smtpUrl, from, logged: false, log: aLog().log });
    await expect(mail.send(MESSAGE)).rejects.toThrow();
  });
});

describe("without a mail server", () => {
  test.each([
    ["in `dev` the mail is in the log", true, [MESSAGE]],
    [
      "else it is in no log, which says so at the start",
      false,
      [expect.stringMatching(/^LATCHKEY_SMTP_URL is not set/)],
    ],
  ])("%s", async (_what, logged, expected) => {
    const { lines, log } = aLog();
    const mail = createMail({ smtpUrl: undefined, from: undefined, logged, log });
    expect(mail.delivers).toBe(false);
    await mail.send(MESSAGE);
    expect(lines).toEqual(expected);
  });
});
