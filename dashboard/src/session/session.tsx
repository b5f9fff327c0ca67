import type { Session } from "@latchkey/sdk/client";
import { type QueryClient, useQuery, useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, useContext } from "react";
import { client, csrfToken, keepCsrfToken } from "../client.ts";
import { hasCode } from "../elements/failure.tsx";

const SESSION = ["session"] as const;
/** What is the same whoever is signed in, or is none of theirs. */
const KEPT: ReadonlySet<unknown> = new Set([SESSION[0], "branding"]);

/** The areas that a customer's session may be opened for. */
export type Area = "api-keys" | "signing-keys" | "applications" | "webhooks" | "usage" | "security";

/** The session of this browser: `null` when nobody is signed in, `undefined` until that is known. */
export function useSessionQuery() {
  const queries = useQueryClient();
  return useQuery({
    queryKey: SESSION,
    queryFn: async (): Promise<Session | null> => {
      try {
        const session = await client.getSession();
        // Somebody signed in beside this page: what it shows was the one before's.
        if (csrfToken() !== session.csrfToken) forgetPages(queries);
        keepCsrfToken(session.csrfToken);
        return session;
      } catch (error) {
        if (hasCode(error, "UNAUTHORIZED")) return null;
        throw error;
      }
    },
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnWindowFocus: "always",
    retry: false,
  });
}

/** Reads the session again when a call says that it has ended, or that it is another by now. */
export function noticeEnd(queries: QueryClient, error: unknown): void {
  if (hasCode(error, "UNAUTHORIZED") || hasCode(error, "CSRF_TOKEN_INVALID")) {
    void queries.invalidateQueries({ queryKey: SESSION });
  }
}

function forgetPages(queries: QueryClient): void {
  queries.removeQueries({ predicate: ({ queryKey }) => !KEPT.has(queryKey[0]) });
}

/** Enters a session that was just opened, or leaves it; nothing of an earlier one stays in memory. */
export function useEnter(): (session: Session | null) => void {
  const queries = useQueryClient();
  return (session) => {
    keepCsrfToken(session?.csrfToken ?? "");
    queries.setQueryData(SESSION, session);
    forgetPages(queries);
  };
}

/** Reads the session again, after a deed that changed it. */
export function useRefreshSession(): () => Promise<void> {
  const queries = useQueryClient();
  return () => queries.invalidateQueries({ queryKey: SESSION });
}

const Context = createContext<Session | null>(null);

/** Gives the pages below it the session. */
export function SessionProvider({
  session,
  children,
}: {
  readonly session: Session;
  readonly children: ReactNode;
}) {
  return <Context value={session}>{children}</Context>;
}

/** The session; only below `SessionProvider`. */
export function useSession(): Session {
  const session = useContext(Context);
  if (session === null) throw new Error("a page was shown to nobody");
  return session;
}

/** What the person may do. It hides what would be refused; the service is who refuses. */
export function usePowers() {
  const { kind, role, capabilities, accountId, accounts } = useSession();
  const isOperator = kind === "operator";
  const may = (area: Area, verb: "read" | "write"): boolean =>
    isOperator
      ? verb === "read" || role !== "viewer"
      : capabilities.includes(`${area}:write`) || capabilities.includes(`${area}:${verb}`);
  return {
    isOperator,
    /** The accounts that a customer's session reaches. */
    accounts,
    /** What a customer's calls are about that name no account; of an operator, none. */
    accountId: isOperator ? undefined : (accountId ?? undefined),
    mayRead: (area: Area) => may(area, "read"),
    mayWrite: (area: Area) => may(area, "write"),
    mayManage: isOperator && role !== "viewer",
    mayAppoint: isOperator && role === "owner",
  };
}
