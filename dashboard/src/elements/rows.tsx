import { Button, Center, Group, ScrollArea, Skeleton, Stack, Table, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { Failure } from "./failure.tsx";
import type { Pages } from "./pages.ts";

/** One column of a list. */
export interface Column<Row> {
  readonly head: string;
  readonly cell: (row: Row) => ReactNode;
  readonly align?: "right";
  /** The head is for screen readers alone. */
  readonly isQuiet?: true;
  /** What stands beside a quiet head. */
  readonly headCell?: ReactNode;
}

interface RowsProps<Row> {
  /** What the list is of, for screen readers. */
  readonly label: string;
  readonly pages: Pages<Row>;
  readonly columns: readonly Column<Row>[];
  readonly keyOf: (row: Row) => string;
  /** What to say where there is nothing, and how to begin. */
  readonly empty: ReactNode;
}

/** Keeps the focus, which a button that is disabled loses. */
const OFF = { "aria-disabled": true, "data-disabled": true } as const;

const SKELETONS = ["1", "2", "3", "4", "5", "6"];

/**
 * A list of server pages as a table, with its waiting, its failure and its emptiness. On a phone each
 * row is a card; what it is to screen readers is said by roles, for the layout takes it away.
 */
export function Rows<Row>({ label, pages, columns, keyOf, empty }: RowsProps<Row>) {
  const { rows, error, retry } = pages;
  if (rows === undefined && error !== null) return <Failure error={error} retry={retry} />;
  if (rows === undefined) {
    return (
      <Stack className="card" p="md" aria-busy="true" aria-label={`Loading ${label}`} role="status">
        {SKELETONS.map((name) => (
          <Skeleton key={name} height={22} />
        ))}
      </Stack>
    );
  }
  if (rows.length === 0 && !pages.hasPrevious) {
    return (
      <Center className="card" p="xl">
        <Stack align="center" gap="sm" py="lg">
          {typeof empty === "string" ? <Text c="dimmed">{empty}</Text> : empty}
        </Stack>
      </Center>
    );
  }
  return (
    <Stack gap="sm">
      {error !== null && <Failure error={error} retry={retry} />}
      <ScrollArea className="card" type="auto" viewportProps={{ tabIndex: 0 }}>
        <Table
          className="rows stacked"
          verticalSpacing="sm"
          horizontalSpacing="md"
          highlightOnHover
          role="table"
        >
          <caption className="visually-hidden">{label}</caption>
          <Table.Thead role="rowgroup">
            <Table.Tr role="row">
              {columns.map(({ head, align, isQuiet, headCell }) => (
                <Table.Th key={head} ta={align} role="columnheader">
                  {isQuiet ? <span className="visually-hidden">{head}</span> : head}
                  {headCell}
                </Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody role="rowgroup">
            {rows.map((row) => (
              <Table.Tr key={keyOf(row)} role="row">
                {columns.map(({ head, cell, align, isQuiet }) => (
                  <Table.Td key={head} ta={align} role="cell" data-head={isQuiet ? "" : head}>
                    <div>{cell(row)}</div>
                  </Table.Td>
                ))}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </ScrollArea>
      {(pages.hasPrevious || pages.hasNext) && (
        <Group justify="flex-end" gap="xs" component="nav" aria-label={`Pages of ${label}`}>
          <Button
            variant="default"
            size="xs"
            {...(!pages.hasPrevious && OFF)}
            onClick={pages.previous}
          >
            Newer
          </Button>
          <Button variant="default" size="xs" {...(!pages.hasNext && OFF)} onClick={pages.next}>
            Older
          </Button>
        </Group>
      )}
    </Stack>
  );
}
