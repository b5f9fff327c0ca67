/** Prints rows in columns: the first to the left, the others, which are numbers, to the right. */
export function printTable(
  title: string,
  head: readonly string[],
  rows: readonly (readonly string[])[],
): void {
  const all = [head, ...rows];
  const widths = head.map((_, i) => Math.max(...all.map((row) => row[i]?.length ?? 0)));
  console.log(`\n${title}`);
  for (const row of all) {
    const cells = head.map((_, i) => {
      const [cell = "", width = 0] = [row[i], widths[i]];
      return i === 0 ? cell.padEnd(width) : cell.padStart(width);
    });
    console.log(`  ${cells.join("  ")}`.trimEnd());
  }
}

/** A count with thousands separated. */
export function whole(value: number): string {
  return Math.round(value).toLocaleString("en");
}
