import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";

interface Page<Row> {
  readonly data: readonly Row[];
  readonly nextCursor: string | null;
}

/** A list that the server cuts into pages. */
export interface Pages<Row> {
  /** `undefined` until the first page has come. */
  readonly rows: readonly Row[] | undefined;
  readonly error: Error | null;
  readonly hasNext: boolean;
  readonly hasPrevious: boolean;
  next(): void;
  previous(): void;
  retry(): void;
}

/**
 * Walks through a list page by page. `name` says which list it is, filters included: another name
 * begins at the first page. With `refetchMillis` it looks again by itself.
 */
export function usePages<Row>(
  name: readonly unknown[],
  read: (cursor: string | undefined, signal: AbortSignal) => Promise<Page<Row>>,
  refetchMillis?: number,
): Pages<Row> {
  const list = JSON.stringify(name);
  const [place, setPlace] = useState<{ list: string; cursors: readonly string[] }>();
  const cursors = place?.list === list ? place.cursors : [];
  const cursor = cursors.at(-1);
  const page = useQuery({
    queryKey: [...name, "page", cursor ?? null],
    queryFn: ({ signal }) => read(cursor, signal),
    placeholderData: keepPreviousData,
    refetchInterval: refetchMillis ?? false,
  });
  const next = page.data?.nextCursor ?? null;
  return {
    rows: page.data?.data,
    error: page.error,
    hasNext: next !== null,
    hasPrevious: cursors.length > 0,
    next: () => {
      // What is shown while the next page comes is the one before, of another list perhaps.
      if (next === null || page.isPlaceholderData) return;
      setPlace({ list, cursors: [...cursors, next] });
    },
    previous: () => setPlace({ list, cursors: cursors.slice(0, -1) }),
    retry: () => void page.refetch(),
  };
}
