import type { OperatorRole } from "../store/records.ts";

/** What a route asks of the operator's role, and the roles that have it. */
export const PERMISSIONS = {
  /** See that the deployment runs: metrics. */
  observe: ["viewer", "verifier", "admin", "owner"],
  /** Read what is stored. */
  read: ["viewer", "admin", "owner"],
  /** Ask about one request. */
  verify: ["viewer", "verifier", "admin", "owner"],
  /** Enforce decisions: batches, forward-auth, and what verifiers need. */
  enforce: ["verifier", "admin", "owner"],
  /** Change what is stored; see why a request was refused. */
  manage: ["admin", "owner"],
  /** Make and revoke operator tokens. */
  appoint: ["owner"],
} as const satisfies Record<string, readonly OperatorRole[]>;

export type Permission = keyof typeof PERMISSIONS;

/** Whether the role may do it. Roles are sets of permissions, not ranks: a verifier reads nothing. */
export function may(role: OperatorRole, permission: Permission): boolean {
  return (PERMISSIONS[permission] as readonly OperatorRole[]).includes(role);
}
