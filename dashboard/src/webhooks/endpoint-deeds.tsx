import type { IssuedWebhookEndpoint, WebhookEndpoint } from "@latchkey/sdk/client";
import { Button, Menu } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { client } from "../client.ts";
import { Confirm } from "../elements/confirm.tsx";
import { Deeds } from "../elements/deeds.tsx";
import { useApi } from "../layout/apis.ts";
import { EndpointDraft } from "./endpoint-draft.tsx";

type Deed = "edit" | "test" | "switch" | "rotate" | "revoke";

interface EndpointDeedsProps {
  readonly endpoint: WebhookEndpoint;
  readonly onIssued: (issued: IssuedWebhookEndpoint) => void;
}

/** What can be done with an endpoint. */
export function EndpointDeeds({ endpoint, onIssued }: EndpointDeedsProps) {
  const api = useApi();
  const queries = useQueryClient();
  const [deed, setDeed] = useState<Deed>();
  const { id, status, secrets } = endpoint;
  const isOn = status === "active";
  const close = () => setDeed(undefined);
  const runs: Readonly<Record<Exclude<Deed, "edit">, () => Promise<unknown>>> = {
    async test() {
      await client.testWebhookEndpoint({ api, id });
      notifications.show({ message: "A test event is on its way.", color: "teal" });
    },
    switch: () => client.updateWebhookEndpoint({ api, id, body: { enabled: !isOn } }),
    rotate: async () => onIssued(await client.rotateWebhookSecret({ api, id, body: {} })),
    revoke: () => client.revokeWebhookEndpoint({ api, id }),
  };
  const words = wordsOf(isOn);
  return (
    <>
      {isOn && (
        <Button variant="default" onClick={() => setDeed("test")}>
          Send a test event
        </Button>
      )}
      <Deeds of="the endpoint">
        <Menu.Item onClick={() => setDeed("edit")}>Change</Menu.Item>
        {secrets.length > 0 && (
          <Menu.Item onClick={() => setDeed("rotate")}>Rotate the secret</Menu.Item>
        )}
        <Menu.Item onClick={() => setDeed("switch")}>{isOn ? "Switch off" : "Switch on"}</Menu.Item>
        <Menu.Item color="red" onClick={() => setDeed("revoke")}>
          Revoke
        </Menu.Item>
      </Deeds>
      {deed === "edit" && <EndpointDraft endpoint={endpoint} onClose={close} />}
      {deed !== undefined && deed !== "edit" && (
        <Confirm
          title={`${words[deed].verb}?`}
          verb={words[deed].verb}
          isOpen
          onClose={close}
          deed={async () => {
            await runs[deed]();
            await queries.invalidateQueries({ queryKey: [api, "webhooks"] });
          }}
        >
          {words[deed].effect}
        </Confirm>
      )}
    </>
  );
}

const wordsOf = (isOn: boolean) => ({
  test: { verb: "Send a test event", effect: "A webhook.test event is sent, whatever it wants." },
  switch: isOn
    ? { verb: "Switch off", effect: "It gets nothing until it is switched on again." }
    : { verb: "Switch on", effect: "It gets what happens from now on." },
  rotate: {
    verb: "Rotate the secret",
    effect: "A new secret is shown once. For a day, deliveries are signed with both.",
  },
  revoke: {
    verb: "Revoke the endpoint",
    effect: "It gets nothing any more, and what waits is given up. This cannot be undone.",
  },
});
