import type { Session, SignInStep } from "@latchkey/sdk/client";
import { Center, Loader } from "@mantine/core";
import { RouterProvider } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { Failure } from "./elements/failure.tsx";
import { Branded } from "./layout/branding.tsx";
import { router } from "./routes.tsx";
import { EndedVisit } from "./session/ended-visit.tsx";
import type { Link } from "./session/link.ts";
import { LinkDoor, useLinkFacts } from "./session/link-door.tsx";
import { ProofProvider } from "./session/proof.tsx";
import { SessionProvider, useSessionQuery } from "./session/session.tsx";
import { SignIn } from "./session/sign-in.tsx";
import { doorApi, rememberDoor } from "./session/whose-door.ts";

/** Shows the door to who is not signed in, and the dashboard to who is. */
export function Entrance({ link }: { readonly link: Link | undefined }) {
  const [openLink, setLink] = useState(link);
  const [step, setStep] = useState<SignInStep>();
  const session = useSessionQuery();
  const facts = useLinkFacts(openLink);
  const last = useLast(session.data);
  const [ofLink, setOfLink] = useState<string | null>();
  if (openLink !== undefined) {
    // Where the link is none, nothing says whose it was.
    const api = facts.isPending ? undefined : (facts.data?.api ?? null);
    const take = (next: SignInStep) => {
      setStep(next);
      setOfLink(api);
      setLink(undefined);
    };
    return (
      <Branded api={api}>
        <LinkDoor link={openLink} onStep={take} onLeave={() => setLink(undefined)} />
      </Branded>
    );
  }
  if (session.data === undefined) {
    return (
      <Branded api={undefined}>
        <Center component="main" mih="100vh" p="md">
          {session.error === null ? (
            <Loader aria-label="Loading" />
          ) : (
            <Failure error={session.error} retry={() => void session.refetch()} />
          )}
        </Center>
      </Branded>
    );
  }
  if (session.data === null && last?.kind === "portal") {
    return (
      <Branded api={last.api}>
        <EndedVisit returnUrl={last.returnUrl} />
      </Branded>
    );
  }
  if (session.data === null) {
    const api = last === undefined ? (ofLink ?? doorApi()) : last.api;
    return (
      <Branded api={api}>
        <SignIn api={api} first={step} notice={last && "You are signed out."} />
      </Branded>
    );
  }
  return (
    <Branded api={session.data.api}>
      <SessionProvider session={session.data}>
        <ProofProvider>
          <RouterProvider router={router} />
        </ProofProvider>
      </SessionProvider>
    </Branded>
  );
}

/** Who was signed in last, as long as the page is open. */
function useLast(session: Session | null | undefined): Session | undefined {
  const [last, setLast] = useState<Session>();
  useEffect(() => {
    if (session == null) return;
    setLast(session);
    // Who came by a link of their product has nothing to sign in with.
    if (session.kind !== "portal") rememberDoor(session.api);
  }, [session]);
  return last;
}
