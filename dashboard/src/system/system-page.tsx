import { Box, Group } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { client } from "../client.ts";
import { Fact } from "../elements/fact.tsx";
import { Page, Section } from "../elements/page.tsx";
import { Status } from "../elements/status.tsx";
import { Waiting } from "../elements/waiting.tsx";
import { useApiDetail } from "../layout/apis.ts";
import { IssuerKeys } from "./issuer-keys.tsx";
import { Verifiers } from "./verifiers.tsx";

const LOOK_AGAIN_MILLIS = 5_000;

/** Whether the parts answer, how far verifiers are, and what signs tokens. */
export function SystemPage() {
  const detail = useApiDetail();
  return (
    <Page title="System" about="Whether everything answers, and how far those who decide are.">
      <Parts />
      <Verifiers />
      {detail?.hasOAuth === true && <IssuerKeys />}
    </Page>
  );
}

function Parts() {
  const readiness = useQuery({
    queryKey: ["readiness"],
    queryFn: ({ signal }) => client.getReadiness({}, { signal }),
    refetchInterval: LOOK_AGAIN_MILLIS,
  });
  return (
    <Section title="Parts" about="What this server needs to decide.">
      <Box px="md" pb={readiness.data === undefined || readiness.error !== null ? "md" : 0}>
        <Waiting query={readiness} label="the parts" height={44} />
      </Box>
      {readiness.data !== undefined && readiness.error === null && (
        <Group gap="xl" px="md" pb="md">
          {Object.entries(readiness.data.checks).map(([name, state]) => (
            <Fact key={name} name={name}>
              <Status of={state} />
            </Fact>
          ))}
        </Group>
      )}
    </Section>
  );
}
