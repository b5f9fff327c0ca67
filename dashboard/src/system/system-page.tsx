import { Group, Skeleton, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { client } from "../client.ts";
import { Fact } from "../elements/fact.tsx";
import { Failure } from "../elements/failure.tsx";
import { Page, Section } from "../elements/page.tsx";
import { Status } from "../elements/status.tsx";
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
  const { data, error } = useQuery({
    queryKey: ["readiness"],
    queryFn: ({ signal }) => client.getReadiness({}, { signal }),
    refetchInterval: LOOK_AGAIN_MILLIS,
  });
  return (
    <Section title="Parts" about="What this server needs to decide.">
      {error !== null && (
        <Group px="md" pb="md">
          <Failure error={error} />
          <Text size="sm">A part does not answer: /readyz and the log say which.</Text>
        </Group>
      )}
      {data === undefined && error === null && <Skeleton height={40} m="md" aria-label="Loading" />}
      {data !== undefined && error === null && (
        <Group gap="xl" px="md" pb="md">
          {Object.entries(data.checks).map(([name, state]) => (
            <Fact key={name} name={name}>
              <Status of={state} />
            </Fact>
          ))}
        </Group>
      )}
    </Section>
  );
}
