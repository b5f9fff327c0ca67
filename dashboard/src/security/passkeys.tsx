import { Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { browserSupportsWebAuthn } from "@simplewebauthn/browser";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { client } from "../client.ts";
import { Failure } from "../elements/failure.tsx";
import { Section } from "../elements/page.tsx";
import { Time } from "../elements/time.tsx";
import { Waiting } from "../elements/waiting.tsx";
import { useDeed } from "../session/proof.tsx";
import { useRefreshSession } from "../session/session.tsx";
import { makePasskey } from "../session/webauthn.ts";

/** Keys of the person's devices, which sign in without a password. */
export function Passkeys() {
  const queries = useQueryClient();
  const refresh = useRefreshSession();
  const [name, setName] = useState("");
  const { attempt, isBusy, error } = useDeed();
  const list = useQuery({ queryKey: ["passkeys"], queryFn: () => client.listPasskeys() });
  const changed = async () => {
    await queries.invalidateQueries({ queryKey: ["passkeys"] });
    await refresh();
  };
  const add = () =>
    attempt(async () => {
      const { options } = await client.getNewPasskeyOptions();
      const response = await makePasskey(options);
      await client.addPasskey({ body: { name: name.trim(), response } });
      setName("");
      await changed();
    });
  const remove = (id: string) =>
    attempt(async () => {
      await client.removePasskey({ id });
      await changed();
    });
  return (
    <Section
      title="Passkeys"
      about="Sign in with your fingerprint, your face or a security key; nothing to be phished."
    >
      <Stack px="md" pb="md">
        {error !== undefined && <Failure error={error} />}
        <Waiting query={list} label="your passkeys" height={36} />
        {list.data?.data.map((passkey) => (
          <Group key={passkey.id} justify="space-between">
            <Text size="sm" component="div">
              <b>{passkey.name}</b> · last used <Time at={passkey.lastUsedAt} />
            </Text>
            <Button
              size="xs"
              variant="light"
              color="red"
              aria-label={`Remove ${passkey.name}`}
              onClick={() => remove(passkey.id)}
            >
              Remove
            </Button>
          </Group>
        ))}
        {browserSupportsWebAuthn() ? (
          <form
            onSubmit={(event) => {
              event.preventDefault();
              add();
            }}
          >
            <Group align="flex-end">
              <TextInput
                label="Name of the new passkey"
                placeholder="Laptop"
                required
                maxLength={100}
                value={name}
                onChange={(event) => setName(event.currentTarget.value)}
              />
              <Button type="submit" variant="default" loading={isBusy}>
                Add a passkey
              </Button>
            </Group>
          </form>
        ) : (
          <Text size="sm" c="dimmed">
            This browser has no passkeys.
          </Text>
        )}
      </Stack>
    </Section>
  );
}
