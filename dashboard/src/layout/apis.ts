import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { client } from "../client.ts";
import { useSession } from "../session/session.tsx";

/** The list of APIs, which operators alone ask for. */
export function useApisQuery() {
  const { api } = useSession();
  return useQuery({
    queryKey: ["apis"],
    queryFn: ({ signal }) => client.listApis({}, { signal }),
    staleTime: Number.POSITIVE_INFINITY,
    enabled: api === null,
  });
}

/** The slugs of the APIs that the session may see; `undefined` until they have come. */
export function useApiSlugs(): readonly string[] | undefined {
  const { api } = useSession();
  const { data } = useApisQuery();
  return api === null ? data?.data.map(({ slug }) => slug) : [api];
}

/** The slug of the API that the page is of; only below `/apis/$api`. */
export function useApi(): string {
  const { api } = useParams({ strict: false });
  if (api === undefined) throw new Error("a page of no API asked for it");
  return api;
}

/** The page's API with its scopes and schemes; `undefined` until it has come. */
export function useApiDetail() {
  const api = useApi();
  const { data } = useQuery({
    queryKey: [api, "detail"],
    queryFn: ({ signal }) => client.getApi({ api }, { signal }),
    staleTime: Number.POSITIVE_INFINITY,
  });
  return data;
}
