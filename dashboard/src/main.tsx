import "@mantine/core/styles.css";
import "@mantine/notifications/styles.css";
import "./dashboard.css";
import { QueryCache, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Entrance } from "./entrance.tsx";
import { followLinks, takeLink } from "./session/link.ts";
import { noticeEnd } from "./session/session.tsx";

const link = takeLink();
followLinks();

const queries: QueryClient = new QueryClient({
  queryCache: new QueryCache({ onError: (error) => noticeEnd(queries, error) }),
  defaultOptions: { queries: { retry: false, staleTime: 5_000, refetchOnWindowFocus: false } },
});

const root = document.getElementById("root");
if (root === null) throw new Error("the page has no root");
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <Entrance link={link} />
    </QueryClientProvider>
  </StrictMode>,
);
