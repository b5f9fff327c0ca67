/** Why a request is not taken for a webhook. */
export type WebhookFault =
  | "header_missing"
  | "header_malformed"
  | "unsigned"
  | "body_parsed"
  | "body_changed"
  | "body_too_large"
  | "body_not_json"
  | "secret_wrong"
  | "signature_wrong"
  | "clock_off";

/** The status that a receiver answers with. The sender repeats what is answered with any of them. */
const STATUSES: Readonly<Record<WebhookFault, number>> = {
  header_missing: 401,
  header_malformed: 401,
  unsigned: 401,
  body_parsed: 500,
  body_changed: 401,
  body_too_large: 413,
  body_not_json: 400,
  secret_wrong: 401,
  signature_wrong: 401,
  clock_off: 401,
};

/**
 * A request is no webhook that was sent to you. The message says what to look at, for whoever runs
 * the receiver; it holds no secret and no part of the body.
 */
export class WebhookError extends Error {
  readonly reason: WebhookFault;
  /** HTTP. */
  readonly status: number;

  constructor(reason: WebhookFault, message: string) {
    super(message);
    this.name = "WebhookError";
    this.reason = reason;
    this.status = STATUSES[reason];
  }
}
