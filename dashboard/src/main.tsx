import "@mantine/core/styles.css";
import "@mantine/notifications/styles.css";
import "./dashboard.css";
import { MantineProvider } from "@mantine/core";
import { Notifications } from "@mantine/notifications";
import { QueryCache, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Entrance } from "./entrance.tsx";
import { takeLink } from "./session/link.ts";
import { noticeEnd } from "./session/session.tsx";
import { cssVariables, theme } from "./theme.ts";

const link = takeLink();
const nonce = document.querySelector<HTMLMetaElement>('meta[name="style-nonce"]')?.content ?? "";
// Where the library that stops the page behind a dialog from scrolling looks for it.
Object.assign(window, { __webpack_nonce__: nonce });

const queries: QueryClient = new QueryClient({
  queryCache: new QueryCache({ onError: (error) => noticeEnd(queries, error) }),
  defaultOptions: { queries: { retry: false, staleTime: 5_000, refetchOnWindowFocus: false } },
});

const root = document.getElementById("root");
if (root === null) throw new Error("the page has no root");
createRoot(root).render(
  <StrictMode>
    <MantineProvider
      theme={theme}
      cssVariablesResolver={cssVariables}
      defaultColorScheme="auto"
      getStyleNonce={() => nonce}
    >
      <Notifications position="top-right" />
      <QueryClientProvider client={queries}>
        <Entrance link={link} />
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
);
