import {
  Button,
  getDefaultZIndex,
  Modal,
  PasswordInput,
  Stack,
  Text,
  TextInput,
} from "@mantine/core";
import { useWindowEvent } from "@mantine/hooks";
import { useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, useContext, useRef, useState } from "react";
import { client } from "../client.ts";
import { Failure, hasCode } from "../elements/failure.tsx";
import { IconShield } from "../icons.ts";
import { noticeEnd, useSession } from "./session.tsx";
import { askPasskey } from "./webauthn.ts";

interface Asking {
  readonly ask: () => Promise<boolean>;
  readonly isAsking: boolean;
}

const Context = createContext<Asking>({ ask: async () => false, isAsking: false });

/** Asks who is there once more, when a deed below it is refused for want of a fresh proof. */
export function ProofProvider({ children }: { readonly children: ReactNode }) {
  const [isOpen, setOpen] = useState(false);
  const answer = useRef<(proved: boolean) => void>(undefined);
  const ask: Asking["ask"] = () =>
    new Promise((resolve) => {
      answer.current = resolve;
      setOpen(true);
    });
  const finish = (proved: boolean) => {
    setOpen(false);
    answer.current?.(proved);
  };
  // On another page nobody would see what the deed makes.
  useWindowEvent("popstate", () => {
    if (isOpen) finish(false);
  });
  return (
    <Context value={{ ask, isAsking: isOpen }}>
      {children}
      <Modal
        opened={isOpen}
        // Not at once: the Escape that closes it is on its way to the dialog beneath, too.
        onClose={() => setTimeout(() => finish(false))}
        title="Confirm that it is you"
        // Above the dialog whose deed asked.
        zIndex={getDefaultZIndex("popover")}
      >
        <ProofForm onProved={() => finish(true)} />
      </Modal>
    </Context>
  );
}

function ProofForm({ onProved }: { readonly onProved: () => void }) {
  const { factors } = useSession();
  const [value, setValue] = useState("");
  const deed = useAttempt();
  const byCode = factors?.totp === true;
  const prove = () =>
    deed.attempt(async () => {
      await client.proveSession({
        body: byCode ? { code: value.trim() } : { password: value },
      });
      onProved();
    });
  const provePasskey = () =>
    deed.attempt(async () => {
      const { options } = await client.getPasskeyOptions();
      await client.proveSession({ body: { passkey: await askPasskey(options) } });
      onProved();
    });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        prove();
      }}
    >
      <Stack>
        <Text size="sm" c="dimmed">
          This shows or changes a secret. You will not be asked again for five minutes.
        </Text>
        {deed.error !== undefined && <Failure error={deed.error} />}
        {byCode ? (
          <TextInput
            label="Code of your authenticator app"
            autoComplete="one-time-code"
            inputMode="numeric"
            data-autofocus
            required
            value={value}
            onChange={(event) => setValue(event.currentTarget.value)}
          />
        ) : (
          <PasswordInput
            label="Password"
            autoComplete="current-password"
            data-autofocus
            required
            value={value}
            onChange={(event) => setValue(event.currentTarget.value)}
          />
        )}
        <Button type="submit" loading={deed.isBusy}>
          Confirm
        </Button>
        {(factors?.passkeys ?? 0) > 0 && (
          <Button variant="default" leftSection={<IconShield size={16} />} onClick={provePasskey}>
            Use a passkey
          </Button>
        )}
      </Stack>
    </form>
  );
}

/** One deed at a time, with what went wrong in the last. Its result is kept nowhere. */
export function useAttempt() {
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const queries = useQueryClient();
  const run = async (deed: () => Promise<void>): Promise<void> => {
    setBusy(true);
    setError(undefined);
    await deed().catch((fault: unknown) => {
      setError(fault);
      noticeEnd(queries, fault);
    });
    setBusy(false);
  };
  return { isBusy, error, attempt: (deed: () => Promise<void>): void => void run(deed) };
}

/** Whether a fresh proof is asked for, above the dialog whose deed needs it: that one stays open. */
export function useIsProving(): boolean {
  return useContext(Context).isAsking;
}

/** The same for deeds that may need a fresh proof: asks for it, and then does the deed again. */
export function useDeed() {
  const { ask } = useContext(Context);
  const { attempt, ...state } = useAttempt();
  return {
    ...state,
    attempt: (deed: () => Promise<void>) =>
      attempt(async () => {
        try {
          await deed();
        } catch (error) {
          if (!hasCode(error, "FRESH_PROOF_REQUIRED") || !(await ask())) throw error;
          await deed();
        }
      }),
  };
}
