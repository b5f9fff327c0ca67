import { Text, Tooltip } from "@mantine/core";

const UNITS: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ["year", 31_536_000],
  ["month", 2_592_000],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];

const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const exact = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "medium" });

/** An instant as people say it; exactly, on hover and to screen readers. */
export function Time({
  at,
  none = "never",
}: {
  readonly at: string | null;
  readonly none?: string;
}) {
  if (at === null) {
    return (
      <Text span inherit c="dimmed">
        {none}
      </Text>
    );
  }
  return (
    <Tooltip label={exact.format(new Date(at))} openDelay={300} withArrow>
      <time dateTime={at}>{spokenTime(at)}</time>
    </Tooltip>
  );
}

/** `2 days ago`, `in 3 hours`. */
function spokenTime(at: string): string {
  const seconds = (Date.parse(at) - Date.now()) / 1000;
  for (const [unit, length] of UNITS) {
    if (Math.abs(seconds) >= length) return relative.format(Math.round(seconds / length), unit);
  }
  return seconds > 0 ? "in a moment" : "just now";
}
