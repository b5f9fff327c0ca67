import type { SignInStep } from "@latchkey/sdk/client";
import { Center, Loader } from "@mantine/core";
import { RouterProvider } from "@tanstack/react-router";
import { useState } from "react";
import { Failure } from "./elements/failure.tsx";
import { router } from "./routes.tsx";
import type { Link } from "./session/link.ts";
import { LinkDoor } from "./session/link-door.tsx";
import { ProofProvider } from "./session/proof.tsx";
import { SessionProvider, useSessionQuery } from "./session/session.tsx";
import { SignIn } from "./session/sign-in.tsx";

/** Shows the door to who is not signed in, and the dashboard to who is. */
export function Entrance({ link }: { readonly link: Link | undefined }) {
  const [openLink, setLink] = useState(link);
  const [step, setStep] = useState<SignInStep>();
  const session = useSessionQuery();
  if (openLink !== undefined) {
    const take = (next: SignInStep) => {
      setStep(next);
      setLink(undefined);
    };
    return <LinkDoor link={openLink} onStep={take} onLeave={() => setLink(undefined)} />;
  }
  if (session.data === undefined) {
    return (
      <Center component="main" mih="100vh" p="md">
        {session.error === null ? (
          <Loader aria-label="Loading" />
        ) : (
          <Failure error={session.error} retry={() => void session.refetch()} />
        )}
      </Center>
    );
  }
  if (session.data === null) return <SignIn {...(step !== undefined && { first: step })} />;
  return (
    <SessionProvider session={session.data}>
      <ProofProvider>
        <RouterProvider router={router} />
      </ProofProvider>
    </SessionProvider>
  );
}
