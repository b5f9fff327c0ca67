import { Select } from "@mantine/core";
import { useNavigate, useParams } from "@tanstack/react-router";
import { useApiSlugs } from "./apis.ts";

/** Chooses the API that all pages are of. */
export function ApiSwitcher() {
  const slugs = useApiSlugs() ?? [];
  const { api } = useParams({ strict: false });
  const navigate = useNavigate();
  if (slugs.length < 2) return null;
  return (
    <Select
      aria-label="API"
      data={[...slugs]}
      value={api ?? null}
      placeholder="Choose an API"
      allowDeselect={false}
      w={{ base: 150, xs: 180 }}
      miw={0}
      onChange={(slug) => {
        if (slug !== null) void navigate({ to: "/apis/$api", params: { api: slug } });
      }}
    />
  );
}
