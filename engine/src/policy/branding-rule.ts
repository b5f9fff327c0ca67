import { type Place, readObject, readText, type TextForm, within } from "./shape.ts";

/** As whose own customers see the dashboard. */
export interface Branding {
  readonly name: string;
  /** `https` without a query, or a `data:` image; `null`: none. */
  readonly logoUrl: string | null;
  /** `#rrggbb`; `null`: Latchkey's own. */
  readonly colour: string | null;
}

const BRAND: TextForm = {
  pattern: /^(?!\s)[^\p{Cc}]{1,60}(?<!\s)$/u,
  expected: "a name of at most 60 characters",
};

/** What stands in an address goes into the page's policy as it is: no separator may be in it. */
const LOGO: TextForm = {
  pattern:
    /^(?:https:\/\/[a-z0-9.-]{1,253}(?::\d{1,5})?\/[A-Za-z0-9._~/-]{1,512}|data:image\/(?:png|jpeg|webp|svg\+xml);base64,[A-Za-z0-9+/]{1,43691}={0,2})$/,
  expected:
    "an https address without a query, or data:image/png;base64,… (or jpeg, webp, svg+xml) of at " +
    "most 32 KiB",
};

const COLOUR: TextForm = {
  pattern: /^#[0-9a-f]{6}$/,
  expected: 'a colour in lower case, such as "#1d4ed8"',
};

/** Reads what one definition says of it; `null`: the dashboard is Latchkey's to customers too. */
export function readBranding(value: unknown, place: Place): Branding | null {
  if (value === null) return null;
  const { name, logoUrl, colour } = readObject(value, place, ["name", "logoUrl", "colour"]);
  const optional = (found: unknown, member: string, form: TextForm) =>
    found === undefined || found === null ? null : readText(found, within(place, member), form);
  return {
    name: readText(name, within(place, "name"), BRAND),
    logoUrl: optional(logoUrl, "logoUrl", LOGO),
    colour: optional(colour, "colour", COLOUR),
  };
}
