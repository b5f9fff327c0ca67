import type { SignInStep } from "@latchkey/sdk/client";
import { Anchor, Button, Divider, PasswordInput, Stack, Text, TextInput } from "@mantine/core";
import { browserSupportsWebAuthn } from "@simplewebauthn/browser";
import { useState } from "react";
import { client } from "../client.ts";
import { Failure } from "../elements/failure.tsx";
import { IconShield } from "../icons.ts";
import { Door } from "./door.tsx";
import { EmailInput } from "./email-input.tsx";
import { useAttempt } from "./proof.tsx";
import { useEnter } from "./session.tsx";
import { askPasskey } from "./webauthn.ts";

interface SignInProps {
  /** Whose users are let in; `null`: operators. */
  readonly api: string | null;
  /** Where it begins, after a link; else with the password. */
  readonly first?: SignInStep | undefined;
  /** What happened before. */
  readonly notice?: string | undefined;
}

/** Password first, then a code where one is asked for; or a passkey alone. */
export function SignIn({ api, first, notice }: SignInProps) {
  const [step, setStep] = useState<SignInStep | undefined>(first);
  const [isReset, setReset] = useState(false);
  const enter = useEnter();
  const take = (next: SignInStep) => {
    if (next.session !== undefined) enter(next.session);
    else setStep(next);
  };
  const where = api === null ? {} : { api };
  if (step?.next === "code") {
    return <CodeStep methods={step.methods ?? []} where={where} onStep={take} />;
  }
  if (isReset) return <ResetRequest where={where} onBack={() => setReset(false)} />;
  const forget = () => setReset(true);
  return <PasswordStep where={where} notice={notice} onStep={take} onForgotten={forget} />;
}

interface Where {
  readonly where: { readonly api?: string };
}

interface StepProps extends Where {
  readonly onStep: (step: SignInStep) => void;
}

function PasswordStep({
  where,
  notice,
  onStep,
  onForgotten,
}: StepProps & Pick<SignInProps, "notice"> & { readonly onForgotten: () => void }) {
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const { attempt, isBusy, error } = useAttempt();
  return (
    <Door
      title="Sign in"
      about={
        where.api === undefined
          ? "Manage keys, applications and who may call your API."
          : "Manage your API keys, applications and webhooks."
      }
    >
      {notice !== undefined && (
        <Text role="status" size="sm">
          {notice}
        </Text>
      )}
      <form
        onSubmit={(event) => {
          event.preventDefault();
          attempt(async () => onStep(await client.signIn({ body: { email, password, ...where } })));
        }}
      >
        <Stack>
          {error !== undefined && <Failure error={error} />}
          <EmailInput value={email} onChange={(event) => setEmail(event.currentTarget.value)} />
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

function PasskeyButton({ onStep, where }: StepProps) {
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

function CodeStep({ methods, where, onStep }: StepProps & { readonly methods: readonly string[] }) {
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
      {methods.includes("passkey") && <PasskeyButton onStep={onStep} where={where} />}
    </Door>
  );
}

function ResetRequest({ where, onBack }: Where & { readonly onBack: () => void }) {
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
              await client.requestReset({ body: { email, ...where } });
              setSent(true);
            });
          }}
        >
          <Stack>
            {error !== undefined && <Failure error={error} />}
            <EmailInput value={email} onChange={(event) => setEmail(event.currentTarget.value)} />
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
