/** What a customer's session may see or change in the dashboard, area by area. */
export const AREAS = [
  "api-keys",
  "signing-keys",
  "applications",
  "webhooks",
  "usage",
  "security",
] as const;

export type Area = (typeof AREAS)[number];

/** One area, to look at or to change; who may change it may look at it. */
export type Capability = `${Area}:${"read" | "write"}`;

/** Every capability there is. */
export const CAPABILITIES: readonly Capability[] = AREAS.flatMap((area) => [
  `${area}:read` as const,
  `${area}:write` as const,
]);

/** Whether one of the capabilities allows this. */
export function allows(
  capabilities: readonly Capability[],
  area: Area,
  deed: "read" | "write",
): boolean {
  return (
    capabilities.includes(`${area}:write`) ||
    (deed === "read" && capabilities.includes(`${area}:read`))
  );
}
