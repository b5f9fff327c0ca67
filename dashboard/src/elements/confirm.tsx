import { Button, Group, Modal, Stack, Text } from "@mantine/core";
import { type ReactNode, useState } from "react";
import { useDeed, useIsProving } from "../session/proof.tsx";
import { Failure } from "./failure.tsx";
import { useReturnedFocus } from "./returned-focus.ts";

interface ConfirmProps {
  readonly title: string;
  /** What will happen, and whether it can be undone. */
  readonly children: ReactNode;
  /** On the button: the deed itself, not "OK". */
  readonly verb: string;
  /** It gives something and ends nothing: its button is no warning. */
  readonly isHarmless?: boolean;
  readonly isOpen: boolean;
  readonly onClose: () => void;
  readonly deed: () => Promise<void>;
}

/** Asks before a deed that ends or opens something, and stays open with what went wrong. */
export function Confirm(props: ConfirmProps) {
  // While it fades away it says what was asked: who opened it may be about something else by then.
  const [asked, setAsked] = useState(props);
  if (props.isOpen && asked !== props) setAsked(props);
  const { isOpen, onClose } = props;
  useReturnedFocus(isOpen);
  const isProving = useIsProving();
  return (
    <Modal opened={isOpen} onClose={onClose} closeOnEscape={!isProving} title={asked.title}>
      <Question {...asked} isOpen={isOpen} />
    </Modal>
  );
}

/** What the dialog holds: what went wrong is gone when it is closed. */
function Question({ children, verb, isHarmless, isOpen, onClose, deed }: ConfirmProps) {
  const { attempt, isBusy, error } = useDeed();
  const run = () => {
    // A second click may come while it fades away.
    if (!isOpen) return;
    attempt(async () => {
      await deed();
      onClose();
    });
  };
  return (
    <Stack>
      {error !== undefined && <Failure error={error} />}
      <Text component="div" size="sm">
        {children}
      </Text>
      <Group justify="flex-end">
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button
          {...(isHarmless !== true && { color: "red.8" })}
          loading={isBusy}
          onClick={run}
          data-autofocus
        >
          {verb}
        </Button>
      </Group>
    </Stack>
  );
}
