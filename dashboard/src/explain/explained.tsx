import type { Explanation } from "@latchkey/sdk/client";
import { Alert, Code, Group, List, Stack, Text, ThemeIcon, Timeline } from "@mantine/core";
import { Section } from "../elements/page.tsx";
import { IconAlertTriangle, IconCheck, IconCircleCheck, IconCircleX, IconX } from "../icons.ts";

/** The verdict, what to change, and every step on the way to it. */
export function Explained({ found }: { readonly found: Explanation }) {
  const { decision, request, meaning, remedy, mistakes, warnings } = found;
  const isAllowed = decision.outcome === "allow";
  return (
    <Stack gap="lg" role="status">
      <Alert
        color={isAllowed ? "teal" : "red"}
        icon={isAllowed ? <IconCircleCheck size={20} /> : <IconCircleX size={20} />}
        title={isAllowed ? "Allowed" : `Refused: ${decision.reason}`}
      >
        <Stack gap={6} className="address">
          <Text size="sm">
            <span className="mono">
              {request.method} {request.path}
            </span>{" "}
            {request.credentials.length === 0 ? "without a credential" : "with "}
            <span className="mono">{request.credentials.join(", ")}</span>
          </Text>
          {meaning !== null && <Text size="sm">{meaning}</Text>}
          {remedy !== null && (
            <Text size="sm" fw={600}>
              {remedy}
            </Text>
          )}
        </Stack>
      </Alert>
      {mistakes.length + warnings.length > 0 && (
        <Section title="Look at the command">
          <List px="md" pb="md" spacing="xs" icon={<Warning />} size="sm" center>
            {[...mistakes, ...warnings].map((line) => (
              <List.Item key={line}>{line}</List.Item>
            ))}
          </List>
        </Section>
      )}
      <Section title="Steps" about="What was looked at, in this order.">
        <Steps trace={decision.trace ?? []} />
      </Section>
      <Section title="What the caller gets">
        <Stack px="md" pb="md" gap="xs">
          <Text size="sm">
            Status <span className="mono">{decision.response.status}</span>
          </Text>
          {decision.response.body !== null && (
            <Code block tabIndex={0}>
              {decision.response.body}
            </Code>
          )}
        </Stack>
      </Section>
    </Stack>
  );
}

function Warning() {
  return (
    <ThemeIcon variant="light" color="yellow" size="sm">
      <IconAlertTriangle size={13} />
    </ThemeIcon>
  );
}

function Steps({ trace }: { readonly trace: NonNullable<Explanation["decision"]["trace"]> }) {
  return (
    <Timeline bulletSize={22} lineWidth={2} ml="lg" pr="md" pb="md" active={trace.length}>
      {trace.map(({ step, outcome, detail }, i) => {
        const isRefused = outcome === "refused";
        return (
          <Timeline.Item
            // biome-ignore lint/suspicious/noArrayIndexKey: a trace never changes
            key={i}
            color={isRefused ? "red" : "teal"}
            bullet={isRefused ? <IconX size={13} /> : <IconCheck size={13} />}
          >
            <Group gap="xs" align="baseline">
              <Text size="sm" fw={550}>
                {step}
              </Text>
              <Text size="sm" c="dimmed">
                {outcome}
              </Text>
              <Text className="mono address" size="sm" miw={0}>
                {detail}
              </Text>
            </Group>
          </Timeline.Item>
        );
      })}
    </Timeline>
  );
}
