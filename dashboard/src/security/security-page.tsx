import { Stack } from "@mantine/core";
import { Page } from "../elements/page.tsx";
import { useSession } from "../session/session.tsx";
import { Devices } from "./devices.tsx";
import { Passkeys } from "./passkeys.tsx";
import { Password } from "./password.tsx";
import { TwoFactor } from "./two-factor.tsx";

/** What the person signs in with, and where they are signed in. */
export function SecurityPage() {
  const { factors } = useSession();
  return (
    <Page title="Your security" about="How you sign in, and where you are signed in now.">
      <Stack gap="lg">
        <TwoFactor />
        <Passkeys />
        {factors?.password === true && <Password />}
        <Devices />
      </Stack>
    </Page>
  );
}
