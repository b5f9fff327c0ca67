/** A mail of plain text. */
interface Message {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

/** Sends mail; with `delivers` false it never leaves this process. */
export interface Mail {
  readonly delivers: boolean;
  /** Rejects when the mail server did not take it. */
  send(message: Message): Promise<void>;
}

interface MailParts {
  /** `undefined`: there is no mail server. */
  readonly smtpUrl: string | undefined;
  readonly from: string | undefined;
  /** Whether the log may hold a mail that has nowhere else to go: in `dev` alone. */
  readonly logged: boolean;
  readonly log: {
    info(about: object, message: string): void;
    warn(message: string): void;
  };
}

const TIMEOUT_MILLIS = 10_000;

/**
 * Mail by the operator's server, whose address no caller chooses. Over `smtp:` the connection is
 * encrypted as soon as the server offers it; `smtps:` is encrypted from the start.
 */
export function createMail({ smtpUrl, from, logged, log }: MailParts): Mail {
  if (smtpUrl === undefined) {
    if (!logged) log.warn("LATCHKEY_SMTP_URL is not set: nobody can be sent a link");
    return {
      delivers: false,
      async send(message) {
        if (logged) log.info({ ...message }, "there is no mail server for this mail");
      },
    };
  }
  return {
    delivers: true,
    async send({ to, subject, text }) {
      // Seldom needed, so that no start waits for it.
      const { createTransport } = await import("nodemailer");
      const transport = createTransport({
        url: smtpUrl,
        connectionTimeout: TIMEOUT_MILLIS,
        greetingTimeout: TIMEOUT_MILLIS,
        socketTimeout: TIMEOUT_MILLIS,
        disableFileAccess: true,
        disableUrlAccess: true,
      });
      // As an object the address is one address, whatever it contains.
      await transport.sendMail({ from, to: { name: "", address: to }, subject, text });
    },
  };
}
