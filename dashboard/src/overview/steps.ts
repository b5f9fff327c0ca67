const HOUR = 3_600_000;
/** More points than these are put together by day. */
const MOST_POINTS = 72;

const hourName = new Intl.DateTimeFormat("en", {
  weekday: "short",
  hour: "2-digit",
  minute: "2-digit",
  hourCycle: "h23",
});
const dayName = new Intl.DateTimeFormat("en", { month: "short", day: "numeric" });

/** What time is cut into for a chart. */
export interface Steps {
  /** One for each step, also where nothing happened. */
  readonly names: readonly string[];
  /** In which step an instant is. */
  indexOf(instant: string): number;
}

/** The hours of some time, or its days where there are many, as they stand under a chart. */
export function stepsOf({ from, to }: { readonly from: string; readonly to: string }): Steps {
  const start = Date.parse(from);
  const hours = Math.round((Date.parse(to) - start) / HOUR);
  const length = (hours > MOST_POINTS ? 24 : 1) * HOUR;
  const name = length === HOUR ? hourName : dayName;
  return {
    names: Array.from({ length: Math.ceil((hours * HOUR) / length) }, (_, i) =>
      name.format(new Date(start + i * length)),
    ),
    indexOf: (instant) => Math.floor((Date.parse(instant) - start) / length),
  };
}
