import { Button, Group, PasswordInput, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { client } from "../client.ts";
import { Failure } from "../elements/failure.tsx";
import { Section } from "../elements/page.tsx";
import { useDeed } from "../session/proof.tsx";

const LEAST = 12;

/** Changes the password; the person's other sessions end. */
export function Password() {
  const [password, setPassword] = useState("");
  const [isChanged, setChanged] = useState(false);
  const { attempt, isBusy, error } = useDeed();
  return (
    <Section title="Password" about="Changing it signs you out everywhere else.">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          attempt(async () => {
            await client.setPassword({ body: { password } });
            setPassword("");
            setChanged(true);
          });
        }}
      >
        <Stack px="md" pb="md">
          {error !== undefined && <Failure error={error} />}
          <Group align="flex-end">
            <PasswordInput
              label="New password"
              autoComplete="new-password"
              required
              minLength={LEAST}
              maxLength={1024}
              w={280}
              value={password}
              onChange={(event) => setPassword(event.currentTarget.value)}
            />
            <Button type="submit" variant="default" loading={isBusy}>
              Change
            </Button>
          </Group>
          {isChanged && (
            <Text size="sm" role="status">
              Your password is changed.
            </Text>
          )}
        </Stack>
      </form>
    </Section>
  );
}
