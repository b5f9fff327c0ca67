import { Alert, Button, Group, Modal, Stack, Text } from "@mantine/core";
import { useClipboard } from "@mantine/hooks";
import { useBlocker } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { IconAlertTriangle, IconCheck, IconCopy, IconDownload } from "../icons.ts";
import { useReturnedFocus } from "./returned-focus.ts";

/** A secret that was just made. */
export interface Secret {
  readonly label: string;
  readonly value: string;
  /** What the file is called when it is downloaded. */
  readonly fileName: string;
}

interface SecretsProps {
  readonly title: string;
  /** `undefined`: the dialog is closed, and nothing of the secret is left on the page. */
  readonly secrets: readonly Secret[] | undefined;
  readonly onClose: () => void;
  /** How it is used. */
  readonly children?: ReactNode;
}

/** Shows secrets once: they are in this dialog and nowhere else, and gone when it is closed. */
export function Secrets({ title, secrets, onClose, children }: SecretsProps) {
  useReturnedFocus(secrets !== undefined);
  useStay(secrets !== undefined);
  return (
    <Modal
      opened={secrets !== undefined}
      onClose={onClose}
      title={title}
      size="lg"
      closeOnClickOutside={false}
      closeOnEscape={false}
      withCloseButton={false}
    >
      <Stack>
        <Alert color="yellow" icon={<IconAlertTriangle size={18} />} title="Shown once">
          Copy it now: it is not shown again.
        </Alert>
        {secrets?.map((secret) => (
          <ShownSecret key={secret.label} secret={secret} />
        ))}
        {children}
        <Button onClick={onClose}>I have stored it</Button>
      </Stack>
    </Modal>
  );
}

/** Keeps the page while it shows what is shown once: the way back and a reload would lose it. */
export function useStay(isShown: boolean): void {
  useBlocker({ shouldBlockFn: () => true, disabled: !isShown });
}

function ShownSecret({ secret: { label, value, fileName } }: { readonly secret: Secret }) {
  const { copy, copied, error } = useClipboard();
  return (
    <Stack gap={6}>
      <Text size="sm" fw={550}>
        {label}
      </Text>
      <div className="card">
        <Text className="mono secret" p="sm" data-testid="secret">
          {value}
        </Text>
      </div>
      <Group gap="xs">
        <Button
          size="xs"
          variant="default"
          leftSection={copied ? <IconCheck size={15} /> : <IconCopy size={15} />}
          onClick={() => copy(value)}
        >
          {copied ? "Copied" : "Copy"}
        </Button>
        <Button
          size="xs"
          variant="default"
          leftSection={<IconDownload size={15} />}
          onClick={() => download(fileName, value, "text/plain")}
        >
          Download
        </Button>
      </Group>
      {error !== null && (
        <Text size="sm" c="red" role="alert">
          It is not copied: your browser does not allow it here. Select it, or download it.
        </Text>
      )}
    </Stack>
  );
}

/** Hands a file to the browser. */
export function download(fileName: string, text: string, type: string): void {
  const address = URL.createObjectURL(new Blob([text], { type }));
  const link = Object.assign(document.createElement("a"), { href: address, download: fileName });
  link.click();
  URL.revokeObjectURL(address);
}
