import type {
  AccountState,
  CredentialState,
  Engine,
  IssuerKeysState,
  UserState,
} from "@latchkey/engine";
import type { ChangeRecord } from "../store/records.ts";

/** Brings an engine's memory up to the changes, in their order. Other kinds concern others. */
export function applyChanges(engine: Engine | undefined, changes: readonly ChangeRecord[]): void {
  for (const { kind, seq, state } of changes) {
    // Each kind's state has its own shape, fixed by the command that wrote it.
    if (kind === "credential") engine?.applyCredential(seq, state as CredentialState);
    else if (kind === "account") engine?.applyAccount(seq, state as AccountState);
    else if (kind === "user") engine?.applyUser(seq, state as UserState);
    else if (kind === "issuer_keys") engine?.applyIssuerKeys(seq, state as IssuerKeysState);
  }
}
