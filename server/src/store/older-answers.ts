import { type ApplicationRecord, NO_LOGOUT, pkceUnlessChosen } from "./application-record.ts";
import type { CommandName } from "./commands.ts";
import type { Answer } from "./idempotency.ts";
import type { CredentialRecord } from "./records.ts";

/** What every release has answered of a key. A member that is new since gets its value below. */
type OlderCredential = Pick<
  CredentialRecord,
  | "id"
  | "accountId"
  | "userId"
  | "name"
  | "prefix"
  | "lastFour"
  | "scopes"
  | "mode"
  | "allowedIps"
  | "limits"
  | "signing"
  | "createdAt"
  | "expiresAt"
  | "revokedAt"
  | "rotatedAt"
  | "successorId"
  | "lineageId"
  | "lastUsedAt"
>;

/** The same of an application. */
type OlderApplication = Pick<
  ApplicationRecord,
  | "id"
  | "accountId"
  | "name"
  | "kind"
  | "type"
  | "redirectUris"
  | "scopes"
  | "permissions"
  | "accessTokenFormat"
  | "status"
  | "logo"
  | "homePage"
  | "settings"
  | "secrets"
  | "createdAt"
  | "revokedAt"
>;

const wholeCredential = (older: OlderCredential): CredentialRecord => ({
  ...{ handle: null, publicKey: null, secrets: [], brownOuts: [] },
  ...older,
});

const wholeApplication = (older: OlderApplication): ApplicationRecord => ({
  ...{ pkce: pkceUnlessChosen(older.type), logout: NO_LOGOUT },
  ...older,
});

/** What of the answers of a command is made whole. */
const PARTS: { readonly [Name in CommandName]?: "credential" | "rotation" | "application" } = {
  issueCredential: "credential",
  rotateCredential: "rotation",
  cancelRotation: "credential",
  rotateSecret: "credential",
  planBrownOuts: "credential",
  createApplication: "application",
  setApplicationStatus: "application",
  rotateClientSecret: "application",
  planClientSecretBrownOuts: "application",
};

/**
 * A kept answer, whichever release kept it: nodes are upgraded within the day for which an answer
 * is repeated, so members that its records did not have yet get what they are without them.
 */
export function wholeAnswer(name: CommandName, { output, once }: Answer): Answer {
  // The outputs are the ones of this command.
  switch (PARTS[name]) {
    case "credential":
      return { output: wholeCredential(output as OlderCredential), once: wholeOnce(output, once) };
    case "rotation": {
      const { key, old } = output as { key: OlderCredential; old: OlderCredential };
      const rotated = { key: wholeCredential(key), old: wholeCredential(old) };
      return { output: rotated, once: wholeOnce(key, once) };
    }
    case "application":
      return { output: wholeApplication(output as OlderApplication), once };
    default:
      return { output, once };
  }
}

/** The first release, whose records have no handles, kept nothing beside the key itself. */
function wholeOnce(record: unknown, once: unknown): unknown {
  return "handle" in (record as object) ? once : { key: once };
}
