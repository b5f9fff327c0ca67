const DAY = 86_400_000;

/** How long credentials may live, to choose from; the value is in days. */
export const LIFETIMES = [
  { value: "7", label: "After 7 days" },
  { value: "30", label: "After 30 days" },
  { value: "90", label: "After 90 days" },
  { value: "365", label: "After a year" },
  { value: "never", label: "Never" },
];

/** When what is made now ends, as RFC 3339; `null`: never. */
export function expiryAfter(lifetime: string): string | null {
  if (lifetime === "never") return null;
  return new Date(Date.now() + Number(lifetime) * DAY).toISOString();
}
