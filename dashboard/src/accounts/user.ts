import type { User } from "@latchkey/sdk/client";

/** What a user may do in an account. */
export type Role = User["memberships"][number]["role"];

/** The roles, to choose from. */
export const ROLES: { value: Role; label: string }[] = [
  { value: "owner", label: "Owner" },
  { value: "admin", label: "Admin" },
  { value: "member", label: "Member" },
];

/** Whom a line of the list is about, whatever of it is known. */
export function nameOf({ name, email, id }: User): string {
  return name ?? email ?? id;
}
