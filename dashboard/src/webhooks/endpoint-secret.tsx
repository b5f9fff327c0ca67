import type { IssuedWebhookEndpoint } from "@latchkey/sdk/client";
import { Text } from "@mantine/core";
import { Secrets } from "../elements/secret.tsx";

interface EndpointSecretProps {
  readonly issued: IssuedWebhookEndpoint | undefined;
  readonly onClose: () => void;
}

/** Shows once what signs the deliveries of an endpoint; nothing where they are not signed. */
export function EndpointSecret({ issued, onClose }: EndpointSecretProps) {
  const { id, secret } = issued ?? { id: "", secret: null };
  return (
    <Secrets
      title="The endpoint's secret"
      secrets={
        secret === null
          ? undefined
          : [{ label: "Signing secret", value: secret, fileName: `${id}.txt` }]
      }
      onClose={onClose}
    >
      <Text size="sm">
        The server at the address checks with it that a request comes from here.
      </Text>
    </Secrets>
  );
}
