import { Skeleton } from "@mantine/core";
import type { UseQueryResult } from "@tanstack/react-query";
import { Failure } from "./failure.tsx";

interface WaitingProps {
  readonly query: UseQueryResult<unknown>;
  /** What is waited for, for screen readers. */
  readonly label: string;
  /** In pixels. */
  readonly height?: number;
}

/**
 * What stands where an answer will be: its room while it comes, and what went wrong with a way to
 * try again, also above an older answer; nothing once it is there.
 */
export function Waiting({ query, label, height = 320 }: WaitingProps) {
  const { error, isPending, refetch } = query;
  if (error !== null) return <Failure error={error} retry={() => void refetch()} />;
  if (!isPending) return null;
  return <Skeleton height={height} aria-label={`Loading ${label}`} role="status" />;
}
