import { LatchkeyError } from "@latchkey/sdk/client";
import { Alert, Button, Stack, Text } from "@mantine/core";
import { IconAlertTriangle } from "../icons.ts";

interface FailureProps {
  readonly error: unknown;
  readonly retry?: () => void;
}

/** Says what went wrong, what to do, and how support finds it; tries again where that can help. */
export function Failure({ error, retry }: FailureProps) {
  const requestId = error instanceof LatchkeyError ? error.requestId : undefined;
  const advice = adviceOn(error);
  return (
    <Alert role="alert" color="red" icon={<IconAlertTriangle size={18} />} title={spoken(error)}>
      <Stack gap={6} align="flex-start">
        {advice !== undefined && <Text size="sm">{advice}</Text>}
        {requestId !== undefined && (
          <Text size="xs" c="dimmed">
            Request <span className="mono">{requestId}</span>
          </Text>
        )}
        {retry !== undefined && (
          <Button variant="default" size="xs" onClick={retry}>
            Try again
          </Button>
        )}
      </Stack>
    </Alert>
  );
}

/** An error in one sentence for people. */
function spoken(error: unknown): string {
  if (isOldPage(error)) return "This page is of an earlier version.";
  return error instanceof Error ? error.message : "Something went wrong.";
}

/** What whoever reads it can do; `undefined` where the message says so itself. */
function adviceOn(error: unknown): string | undefined {
  if (isOldPage(error)) return "Load the page again, or look whether you are still connected.";
  if (!(error instanceof LatchkeyError)) return undefined;
  const { code, status, details } = error;
  if (code === "UNREACHABLE") return "Look whether you are connected, then try again.";
  if (code === "TIMED_OUT") return "The connection or the service is slow. Try again in a moment.";
  if (code === "UNEXPECTED_ANSWER") {
    return "Something between you and the service answered instead, such as a proxy. Try again.";
  }
  if (status === 429) {
    const { retryAfterSeconds: seconds } = details ?? {};
    return `Wait ${typeof seconds === "number" ? `${seconds} seconds` : "a minute"}, then try again.`;
  }
  if (status === 503)
    return "Nothing was lost, and it is usually over soon. Try again in a moment.";
  if (status >= 500) return "Try again. If it stays, whoever runs it needs the request's id.";
  return undefined;
}

/** A part of the program could not be loaded: it was replaced, or there is no connection. */
function isOldPage(error: unknown): boolean {
  return (
    error instanceof TypeError &&
    /dynamically imported module|Importing a module/.test(error.message)
  );
}

/** Whether the error is the service's, with this code. */
export function hasCode(error: unknown, code: string): boolean {
  return error instanceof LatchkeyError && error.code === code;
}
