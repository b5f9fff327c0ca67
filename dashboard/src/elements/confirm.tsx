import { Button, Group, Modal, Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { useDeed } from "../session/proof.tsx";
import { Failure } from "./failure.tsx";
import { useReturnedFocus } from "./returned-focus.ts";

interface ConfirmProps {
  readonly title: string;
  /** What will happen, and whether it can be undone. */
  readonly children: ReactNode;
  /** On the button: the deed itself, not "OK". */
  readonly verb: string;
  readonly isOpen: boolean;
  readonly onClose: () => void;
  readonly deed: () => Promise<void>;
}

/** Asks before a deed that cannot be undone, and stays open with what went wrong. */
export function Confirm({ title, children, verb, isOpen, onClose, deed }: ConfirmProps) {
  const { attempt, isBusy, error } = useDeed();
  useReturnedFocus(isOpen);
  const run = () =>
    attempt(async () => {
      await deed();
      onClose();
    });
  return (
    <Modal opened={isOpen} onClose={onClose} title={title}>
      <Stack>
        {error !== undefined && <Failure error={error} />}
        <Text component="div" size="sm">
          {children}
        </Text>
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button color="red.8" loading={isBusy} onClick={run} data-autofocus>
            {verb}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
