import { MantineProvider } from "@mantine/core";
import { Notifications } from "@mantine/notifications";
import { useQuery } from "@tanstack/react-query";
import { createContext, type ReactNode, useContext, useMemo } from "react";
import { client } from "../client.ts";
import { cssVariablesWith, themeWith } from "../theme.ts";

/** As whose the dashboard is shown. */
interface Brand {
  readonly name: string;
  readonly logoUrl: string | null;
  readonly colour: string | null;
  /** Latchkey's own, with its mark. */
  readonly isOwn: boolean;
}

const LATCHKEY: Brand = { name: "Latchkey", logoUrl: null, colour: null, isOwn: true };

const nonce = document.querySelector<HTMLMetaElement>('meta[name="style-nonce"]')?.content ?? "";
// Where the library that stops the page behind a dialog from scrolling looks for it.
Object.assign(window, { __webpack_nonce__: nonce });

const Context = createContext<Brand | undefined>(undefined);

interface BrandedProps {
  /** The API whose customers look; `null`: operators; `undefined`: that is not known yet. */
  readonly api: string | null | undefined;
  readonly children: ReactNode;
}

/** Dresses everything below it in the name, logo and colours of the API's policy, if it has some. */
export function Branded({ api, children }: BrandedProps) {
  const { data, isPending } = useQuery({
    queryKey: ["branding", api],
    queryFn: ({ signal }) => client.getBranding({ api: api ?? "" }, { signal }),
    staleTime: Number.POSITIVE_INFINITY,
    enabled: typeof api === "string",
  });
  const branding = data?.branding ?? null;
  const accents = branding?.accents ?? null;
  const theme = useMemo(() => themeWith(accents), [accents]);
  const variables = useMemo(() => cssVariablesWith(accents), [accents]);
  // Another's name for a moment would be worse than none.
  const isKnown = api === null || (api !== undefined && !isPending);
  const brand = branding === null ? LATCHKEY : { ...branding, isOwn: false };
  return (
    <MantineProvider
      theme={theme}
      cssVariablesResolver={variables}
      defaultColorScheme="auto"
      getStyleNonce={() => nonce}
    >
      <Notifications position="top-right" />
      <Context value={isKnown ? brand : undefined}>{children}</Context>
    </MantineProvider>
  );
}

/** As whose the dashboard is shown; `undefined` until that is known. */
export function useBranding(): Brand | undefined {
  return useContext(Context);
}
