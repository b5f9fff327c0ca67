import { accentsOf, type Policy } from "@latchkey/engine";
import { type Static, Type } from "typebox";
import { Nullable } from "./base.ts";

const accent = (ground: string) =>
  Type.Object({
    fill: Type.String({ description: `White text on it is read on ${ground} pages.` }),
    text: Type.String({ description: `As text it is read on ${ground} pages.` }),
  });

/** A brand on the wire. */
export const brandingForm = Type.Object(
  {
    name: Type.String(),
    logoUrl: Nullable(Type.String({ description: "`https:`, or a `data:` image." })),
    colour: Nullable(Type.String({ description: "`#rrggbb`." })),
    accents: Nullable(
      Type.Object(
        { light: accent("light"), dark: accent("dark") },
        { description: "The colour, or what of it has the contrast that WCAG 2.2 AA asks for." },
      ),
    ),
  },
  { description: "As whose own customers see the dashboard; null: as Latchkey's." },
);

/** `GET /v1/session/branding`. */
export const BrandingAnswer = Type.Object(
  { branding: Nullable(brandingForm) },
  { $id: "BrandingAnswer" },
);

/** What a policy says of it, with what becomes of its colour; `null`: as Latchkey's. */
export function toBranding({ branding }: Policy): Static<typeof brandingForm> | null {
  if (branding === null) return null;
  const { colour } = branding;
  return { ...branding, accents: colour === null ? null : accentsOf(colour) };
}
