import { afterEach, describe, expect, test } from "vitest";
import { freePort } from "../testing/free-port.ts";
import { type SmtpServer, startSmtpServer } from "../testing/smtp-server.ts";
import { createMail } from "./create-mail.ts";

const MESSAGE = { to: "ada@example.com", subject: "Choose", text: "https://a.example/#reset=t" };

function aLog() {
  const lines: unknown[] = [];
  const info = (about: object) => lines.push(about);
  return { lines, log: { info, warn: (line: string) => lines.push(line) } };
}

describe("with a mail server", () => {
  const servers: SmtpServer[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
  });

  async function aServer(): Promise<SmtpServer> {
    const server = await startSmtpServer();
    servers.push(server);
    return server;
  }

  const from = "Latchkey <auth@example.com>";

  test("hands it the mail, and logs none of it", async () => {
    const { told, url: smtpUrl } = await aServer();
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
    const { told, url: smtpUrl } = await aServer();
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
