import { Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";

/** One thing that is so, with its name above it. */
export function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <Stack gap={2}>
      <Text size="xs" c="dimmed">
        {name}
      </Text>
      <Text component="div" size="sm">
        {children}
      </Text>
    </Stack>
  );
}
