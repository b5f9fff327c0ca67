import { Box, Group, Stack, Text, Title } from "@mantine/core";
import { type ReactNode, useEffect } from "react";
import { useBranding } from "../layout/branding.tsx";

interface PageProps {
  readonly title: string;
  /** One sentence on what the page is for. */
  readonly about?: ReactNode;
  /** Its main deeds. */
  readonly deeds?: ReactNode;
  readonly children: ReactNode;
}

/** A page's frame: its title is also that of the window. */
export function Page({ title, about, deeds, children }: PageProps) {
  const brand = useBranding()?.name ?? "";
  useEffect(() => {
    document.title = [title, brand].filter((each) => each !== "").join(" · ");
  }, [title, brand]);
  return (
    <Stack gap="lg">
      <Group justify="space-between" align="flex-start">
        <Box maw={760}>
          <Title order={1} size="h2">
            {title}
          </Title>
          {about !== undefined && (
            <Text c="dimmed" mt={4}>
              {about}
            </Text>
          )}
        </Box>
        {deeds !== undefined && <Group gap="sm">{deeds}</Group>}
      </Group>
      {children}
    </Stack>
  );
}

/** A part of a page with a heading of its own. */
export function Section({ title, about, deeds, children }: PageProps) {
  return (
    <Box className="card" component="section" aria-label={title}>
      <Group justify="space-between" p="md" pb={about === undefined ? "xs" : "sm"}>
        <Box>
          <Title order={2} size="h5">
            {title}
          </Title>
          {about !== undefined && (
            <Text size="sm" c="dimmed">
              {about}
            </Text>
          )}
        </Box>
        {deeds}
      </Group>
      {children}
    </Box>
  );
}
