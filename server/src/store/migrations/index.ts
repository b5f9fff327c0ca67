import { firstTables } from "./0001-first-tables.ts";
import { credentialHandles } from "./0002-credential-handles.ts";
import { portalSession } from "./0003-portal-session.ts";
import { application } from "./0004-application.ts";
import { accessTokens } from "./0005-access-tokens.ts";
import { managedUsers } from "./0006-managed-users.ts";
import { oauth } from "./0007-oauth.ts";
import { requests } from "./0008-requests.ts";
import { rememberedConsent } from "./0009-remembered-consent.ts";
import { issuerKeyRetirement } from "./0010-issuer-key-retirement.ts";
import { signIn } from "./0011-sign-in.ts";
import { verifiers } from "./0012-verifiers.ts";
import { browserSessions } from "./0013-browser-sessions.ts";
import { keyLists } from "./0014-key-lists.ts";
import { webhooks } from "./0015-webhooks.ts";
import { deliveryLists } from "./0016-delivery-lists.ts";
import { expiryNotices } from "./0017-expiry-notices.ts";
import { latency } from "./0018-latency.ts";
import { logoutNotices } from "./0019-logout-notices.ts";
import { usageByAccount } from "./0020-usage-by-account.ts";
import type { Migration } from "./migration.ts";

/** Every migration in order. Released ones are never changed, renumbered or removed. */
export const migrations: readonly Migration[] = [
  firstTables,
  credentialHandles,
  portalSession,
  application,
  accessTokens,
  managedUsers,
  oauth,
  requests,
  rememberedConsent,
  issuerKeyRetirement,
  signIn,
  verifiers,
  browserSessions,
  keyLists,
  webhooks,
  deliveryLists,
  expiryNotices,
  latency,
  logoutNotices,
  usageByAccount,
];
