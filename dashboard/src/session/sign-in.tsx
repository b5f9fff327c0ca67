import type { SignInStep } from "@latchkey/sdk/client";
import { Anchor, Button, Divider, PasswordInput, Stack, Text, TextInput } from "@mantine/core";
import { browserSupportsWebAuthn } from "@simplewebauthn/browser";
import { useState } from "react";
import { client } from "../client.ts";
import { Failure } from "../elements/failure.tsx";
import { IconShield } from "../icons.ts";
import { Door } from "./door.tsx";
import { useAttempt } from "./proof.tsx";
import { useEnter } from "./session.tsx";
import { askPasskey } from "./webauthn.ts";

/** `?api=slug` in the address signs in as a customer of that API instead of as an operator. */
function customersApi(): { api?: string } {
  const api = new URLSearchParams(window.location.search).get("api");
  return api === null ? {} : { api };
}

/** Password first, then a code where one is asked for; or a passkey alone. */
export function SignIn({ first }: { readonly first?: SignInStep }) {
  const [step, setStep] = useState<SignInStep | undefined>(first);
  const [isReset, setReset] = useState(false);
  const enter = useEnter();
  const take = (next: SignInStep) => {
    if (next.session !== undefined) enter(next.session);
    else setStep(next);
  };
  if (step?.next === "code") return <CodeStep methods={step.methods ?? []} onStep={take} />;
  if (isReset) return <ResetRequest onBack={() => setReset(false)} />;
  return <PasswordStep onStep={take} onForgotten={() => setReset(true)} />;
}

interface StepProps {
  readonly onStep: (step: SignInStep) => void;
}

function PasswordStep({ onStep, onForgotten }: StepProps & { readonly onForgotten: () => void }) {
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const { attempt, isBusy, error } = useAttempt();
  const where = customersApi();
  return (
    <Door title="Sign in" about="Manage keys, applications and who may call your API.">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          attempt(async () => onStep(await client.signIn({ body: { email, password, ...where } })));
        }}
      >
        <Stack>
          {error !== undefined && <Failure error={error} />}
          <TextInput
            label="E-mail"
            type="email"
            autoComplete="username"
            required
            maxLength={254}
            value={email}
            onChange={(event) => setEmail(event.currentTarget.value)}
          />
          <PasswordInput
            label="Password"
            autoComplete="current-password"
            required
            maxLength={1024}
            value={password}
            onChange={(event) => setPassword(event.currentTarget.value)}
          />
          <Button type="submit" loading={isBusy} fullWidth>
            Sign in
          </Button>
          <Anchor component="button" type="button" size="sm" onClick={onForgotten}>
            Forgotten your password?
          </Anchor>
        </Stack>
      </form>
      <PasskeyButton onStep={onStep} where={where} />
    </Door>
  );
}

function PasskeyButton({ onStep, where }: StepProps & { readonly where: { api?: string } }) {
  const { attempt, isBusy, error } = useAttempt();
  if (!browserSupportsWebAuthn()) return null;
  return (
    <Stack>
      <Divider label="or" />
      {error !== undefined && <Failure error={error} />}
      <Button
        variant="default"
        loading={isBusy}
        leftSection={<IconShield size={16} />}
        onClick={() =>
          attempt(async () => {
            const { options } = await client.getPasskeyOptions({ body: where });
            const response = await askPasskey(options);
            onStep(await client.signInWithPasskey({ body: { ...where, response } }));
          })
        }
      >
        Use a passkey
      </Button>
    </Stack>
  );
}

function CodeStep({ methods, onStep }: StepProps & { readonly methods: readonly string[] }) {
  const [code, setCode] = useState("");
  const { attempt, isBusy, error } = useAttempt();
  return (
    <Door
      title="One more step"
      about="Enter the code that your authenticator app shows, or one of your recovery codes."
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          attempt(async () => onStep(await client.signInWithCode({ body: { code: code.trim() } })));
        }}
      >
        <Stack>
          {error !== undefined && <Failure error={error} />}
          <TextInput
            label="Code"
            autoComplete="one-time-code"
            required
            maxLength={64}
            value={code}
            onChange={(event) => setCode(event.currentTarget.value)}
          />
          <Button type="submit" loading={isBusy} fullWidth>
            Continue
          </Button>
        </Stack>
      </form>
      {methods.includes("passkey") && <PasskeyButton onStep={onStep} where={customersApi()} />}
    </Door>
  );
}

function ResetRequest({ onBack }: { readonly onBack: () => void }) {
  const [email, setEmail] = useState("");
  const [isSent, setSent] = useState(false);
  const { attempt, isBusy, error } = useAttempt();
  return (
    <Door title="Reset your password" about="We send a link to your address; it works for an hour.">
      {isSent ? (
        <Text role="status">
          If there is an account with this address, a link is on its way to it.
        </Text>
      ) : (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            attempt(async () => {
              await client.requestReset({ body: { email, ...customersApi() } });
              setSent(true);
            });
          }}
        >
          <Stack>
            {error !== undefined && <Failure error={error} />}
            <TextInput
              label="E-mail"
              type="email"
              autoComplete="username"
              required
              maxLength={254}
              value={email}
              onChange={(event) => setEmail(event.currentTarget.value)}
            />
            <Button type="submit" loading={isBusy} fullWidth>
              Send the link
            </Button>
          </Stack>
        </form>
      )}
      <Anchor component="button" type="button" size="sm" onClick={onBack}>
        Back to signing in
      </Anchor>
    </Door>
  );
}
