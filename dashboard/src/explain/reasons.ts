import { useQuery } from "@tanstack/react-query";
import { client } from "../client.ts";

/** What each deny reason means and what helps, by its name. */
export function useReasons() {
  const { data } = useQuery({
    queryKey: ["reasons"],
    queryFn: ({ signal }) => client.listReasons({}, { signal }),
    staleTime: Number.POSITIVE_INFINITY,
  });
  return new Map((data?.data ?? []).map((entry) => [entry.reason, entry]));
}
