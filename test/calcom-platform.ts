import { expect } from "vitest";
import type { Answer } from "./answer.ts";
import type { RunningServer } from "./running-server.ts";

/** A platform client as the call that made it answered. */
export interface Client {
  readonly clientId: string;
  readonly clientSecret: string;
}

/** What a refusal is to say in the envelope. */
export interface ExpectedFault {
  readonly status: keyof typeof EXCEPTIONS;
  readonly message: string;
  /** The request's target below the mount, as it was sent. */
  readonly path: string;
  /** `object` when absent; `bare`: without the status's name; `text`: the message again. */
  readonly details?: "object" | "bare" | "text";
}

/** The class that Cal.com throws for each status, and what the status is called. */
const EXCEPTIONS = {
  400: ["BadRequestException", "Bad Request"],
  401: ["UnauthorizedException", "Unauthorized"],
  403: ["ForbiddenException", "Forbidden"],
  404: ["NotFoundException", "Not Found"],
  429: ["ThrottlerException", "Too Many Requests"],
} as const;

/** The key as the header that carries it. */
export const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

/** The client's pair of headers, with another id or secret if one is given. */
export const pairOf = ({ clientId, clientSecret }: Client, other: Partial<Client> = {}) => ({
  "x-cal-client-id": other.clientId ?? clientId,
  "x-cal-secret-key": other.clientSecret ?? clientSecret,
});

/** Makes a client of `accountId`, which may do everything unless `permissions` say otherwise. */
export function newClient(
  server: RunningServer,
  accountId: string,
  { permissions = ["*"], api = "calcom" }: { permissions?: readonly string[]; api?: string } = {},
): Promise<Client> {
  const redirectUris = ["https://app.example.com"];
  const draft = { accountId, name: "Client", kind: "platform", redirectUris, permissions };
  return server.create(api, "applications", draft);
}

/** Expects the whole envelope, with a timestamp of the last few seconds, and nothing else. */
export function expectFault({ status, headers, json }: Answer, expected: ExpectedFault): void {
  const { message, path, details = "object" } = expected;
  const [code, error] = EXCEPTIONS[expected.status];
  const statusCode = expected.status;
  const objects = {
    object: { message, error, statusCode },
    bare: { message, statusCode },
    text: message,
  };
  const timestamp = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  const envelope = { status: "error", timestamp, path };
  expect({ status, json }).toEqual({
    status: expected.status,
    json: { ...envelope, error: { code, message, details: objects[details] } },
  });
  expect(Math.abs(Date.now() - Date.parse(json.timestamp))).toBeLessThan(30_000);
  expect(headers["content-type"]).toBe("application/json; charset=utf-8");
}

/** Where a window stands, by the three headers that end in its name. */
export function limitHeaders({ headers }: Answer, name = "default") {
  const [limit, remaining, reset] = ["limit", "remaining", "reset"].map((what) => {
    const value = headers[`x-ratelimit-${what}-${name}`] ?? "";
    return /^\d+$/.test(value) ? Number(value) : undefined;
  });
  return { limit, remaining, reset };
}
