import { LatchkeyError } from "@latchkey/sdk/client";
import { Button, Drawer, Stack } from "@mantine/core";
import { type FormRulesRecord, useForm } from "@mantine/form";
import { type QueryKey, useQueryClient } from "@tanstack/react-query";
import type { FormEvent, ReactNode } from "react";
import { useDeed, useIsProving } from "../session/proof.tsx";
import { Failure } from "./failure.tsx";
import { useReturnedFocus } from "./returned-focus.ts";

interface DraftParts<Values> {
  readonly initialValues: Values;
  readonly validate?: FormRulesRecord<Values>;
  /** Hands on what the server answers as well, also when the draft was closed before it came. */
  readonly send: (values: Values) => Promise<void>;
  /** What is read anew once it was sent. */
  readonly changes: QueryKey;
  readonly onClose: () => void;
}

/** The fields of a draft, and what `Draft` shows of it: it closes when what it says was done. */
export function useDraft<Values extends Record<string, unknown>>(parts: DraftParts<Values>) {
  const { initialValues, validate = {}, send, changes, onClose } = parts;
  const queries = useQueryClient();
  const { attempt, isBusy, error } = useDeed();
  const form = useForm({ initialValues, validate });
  const onSubmit = form.onSubmit((values) =>
    attempt(async () => {
      await send(values).catch((cause: unknown) => {
        const field = faultyField(cause, values);
        if (field !== undefined) {
          form.setFieldError(field, true);
          form.getInputNode(field)?.focus();
        }
        throw cause;
      });
      await queries.invalidateQueries({ queryKey: changes });
      onClose();
    }),
  );
  return { form, draft: { isBusy, error, onSubmit, onClose } };
}

/** Which of the fields the server found wrong, if it said so. */
function faultyField(error: unknown, values: object): string | undefined {
  const path = error instanceof LatchkeyError ? error.details?.field : undefined;
  if (typeof path !== "string") return undefined;
  return path.split(/[.[\]]+/).find((member) => member in values);
}

interface DraftProps {
  readonly title: string;
  readonly verb: string;
  readonly draft: {
    readonly isBusy: boolean;
    readonly error: unknown;
    readonly onSubmit: (event: FormEvent<HTMLFormElement>) => void;
    readonly onClose: () => void;
  };
  readonly children: ReactNode;
}

/** The form in which something is described, at the side of its list. */
export function Draft({ title, verb, draft, children }: DraftProps) {
  const { isBusy, error, onSubmit, onClose } = draft;
  useReturnedFocus(true);
  const isProving = useIsProving();
  return (
    <Drawer
      opened
      closeOnEscape={!isProving}
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
