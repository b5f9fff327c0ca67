import type { Invitation } from "@latchkey/sdk/client";
import { Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useState } from "react";
import { Confirm } from "./confirm.tsx";
import { Secrets } from "./secret.tsx";

interface InviteProps {
  readonly name: string;
  /** Where the invitation goes. */
  readonly email: string;
  readonly isOpen: boolean;
  readonly onClose: () => void;
  readonly send: () => Promise<Invitation>;
}

/** Asks whether to invite somebody whom the list has already, and mails the link or shows it. */
export function Invite({ name, email, isOpen, onClose, send }: InviteProps) {
  const [link, setLink] = useState<string>();
  const invite = async () => {
    const sent = await send();
    if (sent.link === undefined) noteSent(email);
    setLink(sent.link);
  };
  return (
    <>
      <Confirm
        title={`Invite ${name}?`}
        verb="Invite"
        isHarmless
        isOpen={isOpen}
        onClose={onClose}
        deed={invite}
      >
        A link goes to {email}: with it they choose a password and are signed in.
      </Confirm>
      <InvitationLink link={link} onClose={() => setLink(undefined)} />
    </>
  );
}

interface InvitationLinkProps {
  /** `undefined`: there is none to show. */
  readonly link: string | undefined;
  readonly onClose: () => void;
}

/** Shows an invitation once, where no mail carries it. */
export function InvitationLink({ link, onClose }: InvitationLinkProps) {
  return (
    <Secrets
      title="Send them this link"
      secrets={
        link === undefined
          ? undefined
          : [{ label: "Invitation", value: link, fileName: "invitation.txt" }]
      }
      onClose={onClose}
    >
      <Text size="sm">No mail server is set, so you hand it over yourself. It works once.</Text>
    </Secrets>
  );
}

/** Says that mail carries the invitation. */
export function noteSent(email: string): void {
  notifications.show({ message: `The invitation is on its way to ${email}.` });
}
