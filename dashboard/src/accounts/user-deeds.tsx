import type { User } from "@latchkey/sdk/client";
import { Menu } from "@mantine/core";
import { useState } from "react";
import { client } from "../client.ts";
import { Deeds } from "../elements/deeds.tsx";
import { Invite } from "../elements/invite.tsx";
import { useApi } from "../layout/apis.ts";
import { nameOf } from "./user.ts";

interface UserDeedsProps {
  readonly user: User;
  readonly onJoin: () => void;
  readonly onLeave: () => void;
}

/** What an operator can do with a user. Who has no e-mail address cannot be invited. */
export function UserDeeds({ user, onJoin, onLeave }: UserDeedsProps) {
  const api = useApi();
  const [isInviting, setInviting] = useState(false);
  const { id, email, memberships } = user;
  const name = nameOf(user);
  return (
    <>
      <Deeds of={name}>
        {email !== null && <Menu.Item onClick={() => setInviting(true)}>Invite</Menu.Item>}
        <Menu.Item onClick={onJoin}>Add to an account, or change the role</Menu.Item>
        {memberships.length > 0 && (
          <Menu.Item color="red" onClick={onLeave}>
            Take out of an account
          </Menu.Item>
        )}
      </Deeds>
      {email !== null && (
        <Invite
          name={name}
          email={email}
          isOpen={isInviting}
          onClose={() => setInviting(false)}
          send={() => client.inviteUser({ api, id })}
        />
      )}
    </>
  );
}
