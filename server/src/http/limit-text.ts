import { keptByLimit, type LimitState, quoted, type WindowState } from "@latchkey/engine";
import { limitWire } from "./decision-wire.ts";
import { rfc3339 } from "./rfc3339.ts";

/** What of the text of a limit changes only with the policy. */
interface Written {
  /** What comes before what remains of the window that speaks for all. */
  readonly start: string;
  /** What comes before what remains of each window, and before its reset. */
  readonly windows: readonly { readonly remaining: string; readonly resetAt: string }[];
}

/** The member `limit` of a decision, which follows another: as `JSON.stringify` writes it. */
export function limitMember(state: LimitState): string {
  const { windows, exceeded, decidedBy } = state;
  const first = windows[0];
  if (first === undefined || exceeded) return `,"limit":${JSON.stringify(limitWire(state))}`;
  const written = writtenOf(windows);
  let text = `${written.start}${numeral(first.remaining)},"resetAt":"${rfc3339(first.resetAt)}`;
  for (let w = 0; w < windows.length; w += 1) {
    const { remaining, resetAt } = windows[w] as WindowState;
    const before = written.windows[w] as Written["windows"][number];
    text += `${before.remaining}${numeral(remaining)}${before.resetAt}${rfc3339(resetAt)}`;
  }
  return `${text}${endOf(decidedBy)}`;
}

const writtenOf = keptByLimit((windows): Written => {
  const starts = windows.map(({ name, limit }) => [
    '{"name":',
    quoted(name),
    ',"limit":',
    numeral(limit),
    ',"remaining":',
  ]);
  // In one piece each: they are put into many texts, which are copied piece by piece.
  return {
    start: [',"limit":', ...(starts[0] ?? [])].join(""),
    windows: windows.map(({ windowSeconds }, w) => ({
      remaining: [w === 0 ? '","windows":[' : '"},', ...(starts[w] ?? [])].join(""),
      resetAt: [',"windowSeconds":', numeral(windowSeconds), ',"resetAt":"'].join(""),
    })),
  };
});

function endOf(decidedBy: LimitState["decidedBy"]): string {
  return decidedBy === "local" ? LOCAL : `"}],"decidedBy":${quoted(decidedBy)}}`;
}

const LOCAL = '"}],"decidedBy":"local"}';

/** A number as `JSON.stringify` writes it. */
function numeral(value: number): string {
  return Number.isFinite(value) ? String(value) : "null";
}
