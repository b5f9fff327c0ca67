import type { IssuedApiKey } from "@latchkey/sdk/client";
import type { Secret } from "../elements/secret.tsx";

/** The secrets of a key that was just issued. */
export function issuedSecrets({ id, key, signingSecret }: IssuedApiKey): readonly Secret[] {
  const shown = { label: "API key", value: key, fileName: `${id}.txt` };
  if (signingSecret === undefined) return [shown];
  const fileName = `${id}-signing.txt`;
  return [shown, { label: "Signing secret", value: signingSecret, fileName }];
}
