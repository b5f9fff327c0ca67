import { Button, Code, Group, Modal, SimpleGrid, Stack, Text, TextInput } from "@mantine/core";
import { QRCodeSVG } from "qrcode.react";
import { useState } from "react";
import { client } from "../client.ts";
import { Confirm } from "../elements/confirm.tsx";
import { Failure } from "../elements/failure.tsx";
import { Section } from "../elements/page.tsx";
import { download, useStay } from "../elements/secret.tsx";
import { Status } from "../elements/status.tsx";
import { useDeed } from "../session/proof.tsx";
import { useRefreshSession, useSession } from "../session/session.tsx";

interface Pending {
  readonly secret: string;
  readonly uri: string;
}

/** Codes of an authenticator app as second factor, and the codes for when it is lost. */
export function TwoFactor() {
  const { factors } = useSession();
  const refresh = useRefreshSession();
  const { attempt, isBusy, error } = useDeed();
  const [pending, setPending] = useState<Pending>();
  const [recoveryCodes, setRecoveryCodes] = useState<readonly string[]>();
  const [isRemoving, setRemoving] = useState(false);
  const isOn = factors?.totp === true;
  const begin = () => attempt(async () => setPending(await client.beginTotp()));
  const renew = () =>
    attempt(async () => setRecoveryCodes((await client.renewRecoveryCodes()).recoveryCodes));
  const remove = async () => {
    await client.removeTotp();
    await refresh();
  };
  const confirmed = (codes: readonly string[]) => {
    setPending(undefined);
    setRecoveryCodes(codes);
  };
  return (
    <Section
      title="Two-factor authentication"
      about="A code of an authenticator app beside the password."
      deeds={<Status of={isOn ? "active" : "off"} />}
    >
      <Stack px="md" pb="md">
        {error !== undefined && <Failure error={error} />}
        {isOn ? (
          <Group>
            <Text size="sm">{factors.recoveryCodesLeft} recovery codes are left.</Text>
            <Button variant="default" size="xs" onClick={renew} loading={isBusy}>
              New recovery codes
            </Button>
            <Button variant="light" color="red" size="xs" onClick={() => setRemoving(true)}>
              Turn off
            </Button>
          </Group>
        ) : (
          <Button w="fit-content" onClick={begin} loading={isBusy}>
            Turn on
          </Button>
        )}
      </Stack>
      <Modal
        opened={pending !== undefined}
        onClose={() => setPending(undefined)}
        title="Scan this with your app"
      >
        {pending !== undefined && <Confirmation pending={pending} onConfirmed={confirmed} />}
      </Modal>
      <RecoveryCodes
        codes={recoveryCodes}
        onClose={() => {
          setRecoveryCodes(undefined);
          void refresh();
        }}
      />
      <Confirm
        title="Turn two-factor authentication off?"
        verb="Turn off"
        isOpen={isRemoving}
        onClose={() => setRemoving(false)}
        deed={remove}
      >
        Your password alone will then sign you in.
      </Confirm>
    </Section>
  );
}

function Confirmation({
  pending: { uri, secret },
  onConfirmed,
}: {
  readonly pending: Pending;
  readonly onConfirmed: (codes: readonly string[]) => void;
}) {
  const [code, setCode] = useState("");
  const { attempt, isBusy, error } = useDeed();
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        attempt(async () =>
          onConfirmed((await client.confirmTotp({ body: { code: code.trim() } })).recoveryCodes),
        );
      }}
    >
      <Stack>
        {error !== undefined && <Failure error={error} />}
        <QRCodeSVG value={uri} size={200} marginSize={2} title="QR code of the secret" />
        <Text size="sm">
          Or type it: <Code data-testid="totp-secret">{secret}</Code>
        </Text>
        <TextInput
          label="Code that the app shows"
          autoComplete="one-time-code"
          inputMode="numeric"
          required
          maxLength={8}
          data-autofocus
          value={code}
          onChange={(event) => setCode(event.currentTarget.value)}
        />
        <Button type="submit" loading={isBusy}>
          Turn on
        </Button>
      </Stack>
    </form>
  );
}

function RecoveryCodes({
  codes,
  onClose,
}: {
  readonly codes: readonly string[] | undefined;
  readonly onClose: () => void;
}) {
  const text = codes?.join("\n") ?? "";
  useStay(codes !== undefined);
  return (
    <Modal
      opened={codes !== undefined}
      onClose={onClose}
      title="Recovery codes"
      closeOnClickOutside={false}
      closeOnEscape={false}
      withCloseButton={false}
    >
      <Stack>
        <Text size="sm">
          Each signs you in once when the app is lost. They are shown now and never again.
        </Text>
        <SimpleGrid cols={2} data-testid="recovery-codes">
          {codes?.map((code) => (
            <Code key={code}>{code}</Code>
          ))}
        </SimpleGrid>
        <Button
          variant="default"
          onClick={() => download("recovery-codes.txt", text, "text/plain")}
        >
          Download
        </Button>
        <Button onClick={onClose}>I have stored them</Button>
      </Stack>
    </Modal>
  );
}
