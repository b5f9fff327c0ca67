import type { Event } from "@latchkey/sdk/client";

const COLUMNS: readonly (readonly [string, (event: Event) => string | number | null])[] = [
  ["at", ({ at }) => at],
  ["type", ({ type }) => type],
  ["actorKind", ({ actor }) => actor.kind],
  ["actorId", ({ actor }) => actor.id],
  ["accountId", ({ accountId }) => accountId],
  ["credentialId", ({ credentialId }) => credentialId],
  ["requestId", ({ requestId }) => requestId],
  ["address", ({ address }) => address],
  ["count", ({ count }) => count],
  // Where a comma stands in numbers a spreadsheet begins a cell at each of these, quoted or not.
  ["detail", ({ detail }) => JSON.stringify(detail).replaceAll(";", "\\u003b")],
];

/** Events as RFC 4180 text with a line of names; no cell begins a formula of a spreadsheet. */
export function csvOf(events: readonly Event[]): string {
  const lines = [
    COLUMNS.map(([name]) => name),
    ...events.map((event) => COLUMNS.map(([, read]) => cell(read(event)))),
  ];
  return lines.map((line) => `${line.join(",")}\r\n`).join("");
}

function cell(value: string | number | null): string {
  const text = String(value ?? "");
  const plain = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(plain) ? `"${plain.replace(/"/g, '""')}"` : plain;
}
