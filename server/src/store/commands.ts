import { accessTokenCommands } from "./access-tokens.ts";
import { accountCommands } from "./accounts.ts";
import { applicationCommands } from "./applications.ts";
import { authorizationSessionCommands } from "./authorization-sessions.ts";
import { brownOutCommands } from "./brown-outs.ts";
import { changeCommands } from "./change-retention.ts";
import { credentialChangeCommands } from "./credential-changes.ts";
import { credentialIssueCommands } from "./credential-issue.ts";
import { credentialRotationCommands } from "./credential-rotation.ts";
import { expiringKeyCommands } from "./expiring-keys.ts";
import { grantCommands } from "./grants.ts";
import { idempotencyCommands } from "./idempotency.ts";
import { issuerKeyCommands } from "./issuer-keys.ts";
import { leakedKeyCommands } from "./leaked-keys.ts";
import { logoutNoticeCommands } from "./logout-notices.ts";
import { managedTokenCommands } from "./managed-tokens.ts";
import { managedUserCommands } from "./managed-users.ts";
import { membershipRemovalCommands } from "./membership-removal.ts";
import { nearLimitCommands } from "./near-limits.ts";
import { oauthArtifactCommands } from "./oauth-artifacts.ts";
import { oauthClientCommands } from "./oauth-clients.ts";
import { oneTimeUseCommands } from "./one-time-use.ts";
import { operatorPersonCommands } from "./operator-persons.ts";
import { operatorTokenCommands } from "./operator-tokens.ts";
import { passkeyCommands } from "./passkeys.ts";
import { peopleCommands } from "./people.ts";
import { policyCommands } from "./policies.ts";
import { portalSessionCommands } from "./portal-sessions.ts";
import { requestCommands } from "./requests.ts";
import { resealingCommands } from "./resealing.ts";
import { secondFactorCommands } from "./second-factors.ts";
import { secretRotationCommands } from "./secret-rotation.ts";
import { sessionCommands } from "./sessions.ts";
import { signInLinkCommands } from "./sign-in-links.ts";
import { usageCommands } from "./usage.ts";
import { userCommands } from "./users.ts";
import { verifierCommands } from "./verifiers.ts";
import { webhookClaimCommands } from "./webhook-claims.ts";
import { webhookDeliveryCommands } from "./webhook-deliveries.ts";
import { webhookEndpointCommands } from "./webhook-endpoints.ts";
import { webhookGivingUpCommands } from "./webhook-giving-up.ts";
import { webhookOutboxCommands } from "./webhook-outbox.ts";
import { webhookResealingCommands } from "./webhook-resealing.ts";

/** Every command by the name under which `Store.write` runs it. */
export const commands = {
  ...accountCommands,
  ...userCommands,
  ...membershipRemovalCommands,
  ...credentialIssueCommands,
  ...credentialChangeCommands,
  ...credentialRotationCommands,
  ...secretRotationCommands,
  ...authorizationSessionCommands,
  ...brownOutCommands,
  ...oneTimeUseCommands,
  ...resealingCommands,
  ...applicationCommands,
  ...accessTokenCommands,
  ...managedTokenCommands,
  ...managedUserCommands,
  ...grantCommands,
  ...oauthArtifactCommands,
  ...logoutNoticeCommands,
  ...oauthClientCommands,
  ...issuerKeyCommands,
  ...operatorTokenCommands,
  ...operatorPersonCommands,
  ...peopleCommands,
  ...secondFactorCommands,
  ...passkeyCommands,
  ...signInLinkCommands,
  ...policyCommands,
  ...portalSessionCommands,
  ...sessionCommands,
  ...requestCommands,
  ...usageCommands,
  ...changeCommands,
  ...idempotencyCommands,
  ...verifierCommands,
  ...expiringKeyCommands,
  ...leakedKeyCommands,
  ...nearLimitCommands,
  ...webhookEndpointCommands,
  ...webhookOutboxCommands,
  ...webhookClaimCommands,
  ...webhookDeliveryCommands,
  ...webhookGivingUpCommands,
  ...webhookResealingCommands,
} as const;

/**
 * Commands that change nothing beyond the ceiling of their context. Any other one would not look at
 * it, and does not run under one.
 */
export const UNDER_CEILING: ReadonlySet<string> = new Set([
  "issueCredential",
  "updateApiKey",
  "rotateCredential",
  "rotateSecret",
  "planBrownOuts",
  "cancelRotation",
  "revokeCredential",
  "createApplication",
  "updateApplication",
  "rotateClientSecret",
  "planClientSecretBrownOuts",
  "revokeApplication",
  "createRequest",
  "revokeGrant",
  "createWebhookEndpoint",
  "updateWebhookEndpoint",
  "rotateWebhookSecret",
  "revokeWebhookEndpoint",
  "testWebhookEndpoint",
  "retryDelivery",
  "retryDeliveries",
] satisfies (keyof typeof commands)[]);

/** The name of a command. */
export type CommandName = keyof typeof commands;

/** What the command of this name takes. */
export type CommandInput<Name extends CommandName> = Parameters<(typeof commands)[Name]>[1];

/** What the command of this name answers. */
export type CommandOutput<Name extends CommandName> = Awaited<ReturnType<(typeof commands)[Name]>>;
