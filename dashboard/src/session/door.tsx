import { Box, Center, Group, Stack, Text, Title } from "@mantine/core";
import { type ReactNode, useEffect } from "react";
import { Brand } from "../layout/brand.tsx";
import { useBranding } from "../layout/branding.tsx";

interface DoorProps {
  readonly title: string;
  readonly about: string;
  readonly children: ReactNode;
}

/** The frame of everything that is shown before somebody is signed in. */
export function Door({ title, about, children }: DoorProps) {
  const brand = useBranding()?.name;
  useEffect(() => {
    document.title = brand === undefined ? title : `${title} · ${brand}`;
  }, [title, brand]);
  return (
    <Center component="main" mih="100vh" p="md">
      <Box className="card" w="100%" maw={420} p={{ base: "lg", xs: 32 }}>
        <Stack gap="lg">
          <Group gap="sm" h={28} wrap="nowrap">
            <Brand />
          </Group>
          <Box>
            <Title order={1} size="h3">
              {title}
            </Title>
            <Text c="dimmed" size="sm" mt={4}>
              {about}
            </Text>
          </Box>
          {children}
        </Stack>
      </Box>
    </Center>
  );
}
