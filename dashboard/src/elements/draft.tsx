import { Button, Drawer, Stack } from "@mantine/core";
import type { FormEvent, ReactNode } from "react";
import { Failure } from "./failure.tsx";
import { useReturnedFocus } from "./returned-focus.ts";

interface DraftProps {
  readonly title: string;
  readonly verb: string;
  readonly isOpen: boolean;
  readonly isBusy: boolean;
  readonly error: unknown;
  readonly onClose: () => void;
  readonly onSubmit: (event: FormEvent<HTMLFormElement>) => void;
  readonly children: ReactNode;
}

/** The form in which something new is described, at the side of its list. */
export function Draft(props: DraftProps) {
  const { title, verb, isOpen, isBusy, error, onClose, onSubmit, children } = props;
  useReturnedFocus(isOpen);
  return (
    <Drawer
      opened={isOpen}
      onClose={onClose}
      position="right"
      size="md"
      title={title}
      closeButtonProps={{ "aria-label": "Close" }}
    >
      <form onSubmit={onSubmit}>
        <Stack>
          {error !== undefined && <Failure error={error} />}
          {children}
          <Button type="submit" loading={isBusy}>
            {verb}
          </Button>
        </Stack>
      </form>
    </Drawer>
  );
}
