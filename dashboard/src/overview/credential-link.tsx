import { Anchor } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useApi } from "../layout/apis.ts";

interface CredentialLinkProps {
  readonly id: string;
  readonly name: string | null;
}

/** A credential by its name; of an API key the way to its page. */
export function CredentialLink({ id, name }: CredentialLinkProps) {
  const api = useApi();
  const shown = name ?? id;
  if (!id.startsWith("key_")) return <span className="mono address">{shown}</span>;
  return (
    <Anchor
      size="sm"
      className="address"
      renderRoot={(props) => <Link to="/apis/$api/api-keys/$id" params={{ api, id }} {...props} />}
    >
      {shown}
    </Anchor>
  );
}
