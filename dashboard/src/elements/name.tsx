import { Text, TextInput, type TextInputProps } from "@mantine/core";
import type { ReactNode } from "react";

/** What a row of a list is about. */
export function Name({ children }: { readonly children: ReactNode }) {
  return (
    <Text size="sm" fw={550}>
      {children}
    </Text>
  );
}

/** The first field of a draft: what it is to be called, of as many characters as the service takes. */
export function NameInput(props: TextInputProps) {
  return <TextInput label="Name" required maxLength={200} data-autofocus {...props} />;
}
