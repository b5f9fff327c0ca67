import { type Accounts, createAccounts } from "./accounts.ts";
import { type ApiKeys, createApiKeys } from "./api-keys.ts";
import { type Applications, createApplications } from "./applications.ts";
import { createGrants, type Grants } from "./grants.ts";
import { createJwtSecrets, type JwtSecrets } from "./jwt-secrets.ts";
import type { KeyringParts } from "./keyring.ts";
import { createManagedUsers, type ManagedUsers } from "./managed-users.ts";
import { createOperatorTokens, type OperatorTokens } from "./operator-tokens.ts";
import { createOrganizationKeys, type OrganizationKeys } from "./organization-keys.ts";
import { createPortalSessions, type PortalSessions } from "./portal-sessions.ts";
import { createRequests, type Requests } from "./requests.ts";
import { createSigningKeys, type SigningKeys } from "./signing-keys.ts";
import { createUsers, type Users } from "./users.ts";
import { createWebhookDeliveries, type WebhookDeliveries } from "./webhook-deliveries.ts";
import { createWebhookEndpoints, type WebhookEndpoints } from "./webhook-endpoints.ts";

/** Everything that is done for accounts, and for those who run them. */
export interface UseCases {
  readonly accounts: Accounts;
  readonly users: Users;
  readonly apiKeys: ApiKeys;
  readonly signingKeys: SigningKeys;
  readonly jwtSecrets: JwtSecrets;
  readonly organizationKeys: OrganizationKeys;
  readonly applications: Applications;
  readonly grants: Grants;
  readonly managedUsers: ManagedUsers;
  readonly requests: Requests;
  readonly operatorTokens: OperatorTokens;
  readonly portalSessions: PortalSessions;
  readonly webhookEndpoints: WebhookEndpoints;
  readonly webhookDeliveries: WebhookDeliveries;
}

interface UseCaseParts extends KeyringParts {
  /** Newest first. */
  readonly masterKeys: readonly Uint8Array[];
  /** Without a trailing slash. */
  readonly publicUrl: string;
  /** Refuses a password that its owner could not choose either. */
  readonly fitPassword: (password: string, email: string | null) => Promise<string>;
  /** Told that a webhook is on its way. */
  readonly onQueued?: () => void;
}

/** Makes them, for all APIs and on one store. */
export function createUseCases(parts: UseCaseParts): UseCases {
  return {
    accounts: createAccounts(parts),
    users: createUsers(parts),
    apiKeys: createApiKeys(parts),
    signingKeys: createSigningKeys(parts),
    jwtSecrets: createJwtSecrets(parts),
    organizationKeys: createOrganizationKeys(parts),
    applications: createApplications(parts),
    grants: createGrants(parts),
    managedUsers: createManagedUsers(parts),
    requests: createRequests(parts),
    operatorTokens: createOperatorTokens({ ...parts, apis: new Set(parts.policies.keys()) }),
    portalSessions: createPortalSessions(parts),
    webhookEndpoints: createWebhookEndpoints(parts),
    webhookDeliveries: createWebhookDeliveries(parts),
  };
}
