import type { KeyringScheme } from "../store/credential-kinds.ts";
import type { CredentialRecord } from "../store/records.ts";
import type { Call } from "./call.ts";
import type { KeyName, KeyringParts, Rotation } from "./keyring.ts";
import { newSharedSecret, sealSecret } from "./shared-secret.ts";

interface RotatedSecret {
  readonly record: CredentialRecord;
  /** The only copy there will ever be. */
  readonly secret: string;
}

/** Gives a credential that keeps its id and handle a new secret; the old one has its overlap. */
export function createSecretRotation(
  { store, clock, sealing }: KeyringParts,
  scheme: KeyringScheme,
): (call: Call, name: KeyName, rotation: Rotation) => Promise<RotatedSecret> {
  return async (call, name, rotation) => {
    const wanted = newSharedSecret();
    const secret = sealSecret(sealing, wanted, { api: call.api, credentialId: name.id });
    const input = { scheme, ...name, secret, brownOuts: [], ...rotation };
    const context = { ...call, at: clock() };
    const { output, once } = await store.write("rotateSecret", input, context, wanted);
    return { record: output, secret: once };
  };
}
