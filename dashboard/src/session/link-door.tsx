import type { LinkView, SignInStep } from "@latchkey/sdk/client";
import { Button, Loader, PasswordInput, Stack, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { client } from "../client.ts";
import { Failure } from "../elements/failure.tsx";
import { Door } from "./door.tsx";
import { EmailInput } from "./email-input.tsx";
import type { Link } from "./link.ts";
import { useAttempt } from "./proof.tsx";
import { useEnter } from "./session.tsx";

const TITLES: Readonly<Record<LinkView["kind"], readonly [string, string]>> = {
  setup: ["Welcome to Latchkey", "Make the first operator: the owner of this installation."],
  invitation: ["You are invited", "Choose a password to accept."],
  reset: ["Choose a new password", "Your other sessions end when you do."],
  portal: ["Open your settings", "This link works once."],
};

const LEAST_PASSWORD = 12;

interface LinkDoorProps {
  readonly link: Link;
  readonly onStep: (step: SignInStep) => void;
  readonly onLeave: () => void;
}

/** What a link is for; looking at it does not use it up. */
export function useLinkFacts(link: Link | undefined) {
  return useQuery({
    queryKey: ["link", link?.kind],
    queryFn: () => (link === undefined ? null : client.lookAtLink({ body: link })),
    enabled: link !== undefined,
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });
}

/** Follows a link that opens the dashboard once. */
export function LinkDoor({ link, onStep, onLeave }: LinkDoorProps) {
  const facts = useLinkFacts(link);
  const [title, about] = TITLES[link.kind];
  return (
    <Door title={title} about={about}>
      {facts.isPending && <Loader aria-label="Looking at the link" />}
      {facts.error !== null && (
        <Stack>
          <Failure error={facts.error} retry={() => void facts.refetch()} />
          <Button variant="default" onClick={onLeave}>
            Go to sign-in
          </Button>
        </Stack>
      )}
      {facts.data != null && <LinkForm link={link} facts={facts.data} onStep={onStep} />}
    </Door>
  );
}

function LinkForm({
  link,
  facts,
  onStep,
}: Pick<LinkDoorProps, "link" | "onStep"> & { readonly facts: LinkView }) {
  const [name, setName] = useState(facts.name ?? "");
  const [email, setEmail] = useState(facts.email ?? "");
  const [password, setPassword] = useState("");
  const { attempt, isBusy, error } = useAttempt();
  const enter = useEnter();
  const { kind } = link;
  const hasName = kind === "setup" || kind === "invitation";
  const follow = () =>
    attempt(async () => {
      // biome-ignore lint/correctness/useHookAtTopLevel: an operation of the API, no hook
      const step = await client.useLink({
        body: {
          ...link,
          ...(hasName && name !== "" && { name }),
          ...(kind === "setup" && { email }),
          ...(kind !== "portal" && { password }),
        },
      });
      if (step.session !== undefined) enter(step.session);
      onStep(step);
    });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        follow();
      }}
    >
      <Stack>
        {error !== undefined && <Failure error={error} />}
        {hasName && (
          <TextInput
            label="Your name"
            autoComplete="name"
            required={kind === "setup"}
            maxLength={200}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
        )}
        {(kind === "setup" || facts.email !== undefined) && (
          <EmailInput
            readOnly={kind !== "setup"}
            value={email}
            onChange={(event) => setEmail(event.currentTarget.value)}
          />
        )}
        {kind !== "portal" && (
          <PasswordInput
            label="Password"
            description={`At least ${LEAST_PASSWORD} characters.`}
            autoComplete="new-password"
            required
            minLength={LEAST_PASSWORD}
            maxLength={1024}
            value={password}
            onChange={(event) => setPassword(event.currentTarget.value)}
          />
        )}
        <Button type="submit" loading={isBusy} fullWidth>
          {kind === "portal" ? "Open" : "Continue"}
        </Button>
      </Stack>
    </form>
  );
}
