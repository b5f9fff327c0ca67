import type { Explanation } from "@latchkey/sdk/client";
import { Button, Group, Stack, Tabs, Textarea, TextInput } from "@mantine/core";
import { useState } from "react";
import { client } from "../client.ts";
import { Failure } from "../elements/failure.tsx";
import { Page } from "../elements/page.tsx";
import { useApi } from "../layout/apis.ts";
import { useAttempt } from "../session/proof.tsx";
import { usePowers } from "../session/session.tsx";
import { Explained } from "./explained.tsx";
import { RecentRefusals } from "./recent-refusals.tsx";

const TITLE = "Explain a refusal";

/** Why a request was refused, and what to change: from a pasted command, or from the record. */
export function ExplainPage() {
  const { mayManage } = usePowers();
  // A viewer may read the record, and nothing may be decided for them.
  if (!mayManage) {
    return (
      <Page title={TITLE} about="Choose a refusal that was recorded.">
        <RecentRefusals />
      </Page>
    );
  }
  return (
    <Page
      title={TITLE}
      about="Paste the curl command that does not work, or choose a refusal that was recorded."
    >
      <Tabs defaultValue="curl" keepMounted={false}>
        <Tabs.List mb="md">
          <Tabs.Tab value="curl">A curl command</Tabs.Tab>
          <Tabs.Tab value="recent">Recent refusals</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="curl">
          <PastedCommand />
        </Tabs.Panel>
        <Tabs.Panel value="recent">
          <RecentRefusals />
        </Tabs.Panel>
      </Tabs>
    </Page>
  );
}

function PastedCommand() {
  const api = useApi();
  const [curl, setCurl] = useState("");
  const [ip, setIp] = useState("");
  const [found, setFound] = useState<Explanation>();
  const { attempt, isBusy, error } = useAttempt();
  const explain = () =>
    attempt(async () => {
      setFound(undefined);
      const body = { curl, ...(ip.trim() !== "" && { ip: ip.trim() }) };
      setFound(await client.explain({ api, body }));
    });
  return (
    <Stack gap="lg">
      <form
        className="card"
        onSubmit={(event) => {
          event.preventDefault();
          explain();
        }}
      >
        <Stack p="md">
          <Textarea
            label="curl command"
            description="With its credential. It is looked at, and neither kept nor logged."
            placeholder={"curl https://api.example.com/v2/users -H 'Authorization: Bearer …'"}
            required
            autosize
            minRows={4}
            maxRows={14}
            maxLength={65_536}
            spellCheck={false}
            autoComplete="off"
            classNames={{ input: "mono" }}
            value={curl}
            onChange={(event) => setCurl(event.currentTarget.value)}
          />
          <Group align="flex-end">
            <TextInput
              label="From which address"
              description="Only if the key has allowed addresses."
              placeholder="192.0.2.7"
              maxLength={64}
              value={ip}
              onChange={(event) => setIp(event.currentTarget.value)}
            />
            <Button type="submit" loading={isBusy}>
              Explain
            </Button>
          </Group>
        </Stack>
      </form>
      {error !== undefined && <Failure error={error} />}
      {found !== undefined && <Explained found={found} />}
    </Stack>
  );
}
