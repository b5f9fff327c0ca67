import { LatchkeyError } from "@latchkey/sdk/client";
import { Alert, Button, Text } from "@mantine/core";
import { IconAlertTriangle } from "../icons.ts";

/** Says what went wrong and how support finds it; offers to try again where that can help. */
export function Failure({
  error,
  retry,
}: {
  readonly error: unknown;
  readonly retry?: () => void;
}) {
  const requestId = error instanceof LatchkeyError ? error.requestId : undefined;
  return (
    <Alert role="alert" color="red" icon={<IconAlertTriangle size={18} />} title={spoken(error)}>
      {requestId !== undefined && (
        <Text size="xs" c="dimmed">
          Request <span className="mono">{requestId}</span>
        </Text>
      )}
      {retry !== undefined && (
        <Button variant="default" size="xs" mt="xs" onClick={retry}>
          Try again
        </Button>
      )}
    </Alert>
  );
}

/** An error in one sentence for people. */
function spoken(error: unknown): string {
  return error instanceof Error ? error.message : "Something went wrong.";
}

/** Whether the error is the service's, with this code. */
export function hasCode(error: unknown, code: string): boolean {
  return error instanceof LatchkeyError && error.code === code;
}
