import {
  type CSSVariablesResolver,
  createTheme,
  type MantineColorsTuple,
  type MantineThemeOverride,
} from "@mantine/core";

const latch: MantineColorsTuple = [
  "#eef3ff",
  "#dce6ff",
  "#b9ccff",
  "#93b1ff",
  "#6d95fb",
  "#4477f3",
  "#2860e6",
  "#1d4ed8",
  "#1c43b4",
  "#1b3a90",
];

const dark: MantineColorsTuple = [
  "#e7eaf3",
  "#b4bccd",
  "#98a2b8",
  "#5c667d",
  "#394155",
  "#2a3142",
  "#1d2331",
  "#141924",
  "#0f131c",
  "#0a0d14",
];

const FONT = "Inter, ui-sans-serif, system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif";

const THEME = createTheme({
  primaryColor: "latch",
  primaryShade: { light: 7, dark: 6 },
  colors: { latch, dark },
  fontFamily: FONT,
  fontFamilyMonospace: "ui-monospace, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace",
  headings: { fontFamily: FONT, fontWeight: "650" },
  defaultRadius: "md",
  cursorType: "pointer",
  respectReducedMotion: true,
  components: {
    Button: { defaultProps: { size: "sm" } },
    // Their element is a banner to screen readers, and the page has one already.
    DrawerHeader: { defaultProps: { role: "presentation" } },
    ModalHeader: { defaultProps: { role: "presentation" } },
    Modal: { defaultProps: { centered: true, closeButtonProps: { "aria-label": "Close" } } },
  },
});

/** Quiet text must still be read by everybody: 4.5 to 1 on every surface it stands on. */
const VARIABLES: ReturnType<CSSVariablesResolver> = {
  variables: {},
  light: {
    "--mantine-color-dimmed": "#4f5a70",
    "--mantine-color-placeholder": "#667085",
    "--latch-surface": "#ffffff",
    "--latch-ground": "#f7f8fb",
    "--latch-line": "#e3e7ef",
    "--mantine-color-red-light-color": "#a61e1e",
    "--mantine-color-teal-light-color": "#086848",
    "--mantine-color-yellow-light-color": "#7a4d00",
    "--mantine-color-error": "#c92a2a",
  },
  dark: {
    "--mantine-color-dimmed": "#a3acc0",
    "--mantine-color-placeholder": "#8d97ac",
    "--mantine-color-anchor": "#93b1ff",
    "--mantine-color-error": "#ff8787",
    "--latch-surface": "#141924",
    "--latch-ground": "#0d1119",
    "--latch-line": "#262d3d",
    "--mantine-color-red-light": "#2b161c",
    "--mantine-color-red-light-hover": "#381b23",
    "--mantine-color-red-light-color": "#ffb0b0",
    "--mantine-color-teal-light": "#10261f",
    "--mantine-color-teal-light-color": "#7be3bd",
    "--mantine-color-yellow-light": "#29210f",
    "--mantine-color-yellow-light-color": "#ffd76a",
    "--mantine-color-latch-light": "#182443",
    "--mantine-color-latch-light-hover": "#1d2b50",
    "--mantine-color-latch-light-color": "#b9ccff",
  },
};

/** A brand's colour as it can be read: as a fill below white text, and as text. */
interface Accent {
  readonly fill: string;
  readonly text: string;
}

/** On light and on dark pages; `null`: Latchkey's own. */
type Accents = { readonly light: Accent; readonly dark: Accent } | null;

/** Colours, type and default sizes of the whole dashboard. */
export function themeWith(accents: Accents): MantineThemeOverride {
  if (accents === null) return THEME;
  return { ...THEME, colors: { ...THEME.colors, brand: shades(accents) }, primaryColor: "brand" };
}

/** What the theme's colours become on light and on dark pages. */
export function cssVariablesWith(accents: Accents): CSSVariablesResolver {
  if (accents === null) return () => VARIABLES;
  const { variables, light, dark } = VARIABLES;
  return () => ({
    variables,
    light: { ...light, ...ofBrand(accents.light) },
    dark: { ...dark, ...ofBrand(accents.dark) },
  });
}

/** The component library asks for ten; those that matter are set by name below. */
function shades({ light: { fill: d }, dark: { fill: b } }: NonNullable<Accents>) {
  return [b, b, b, b, b, b, b, d, d, d] as const satisfies MantineColorsTuple;
}

function ofBrand({ fill, text }: Accent): Record<string, string> {
  const tint = (share: number) => `color-mix(in srgb, ${text} ${share}%, var(--latch-surface))`;
  return {
    "--mantine-color-anchor": text,
    "--mantine-color-brand-text": text,
    "--mantine-color-brand-filled": fill,
    "--mantine-color-brand-filled-hover": `color-mix(in srgb, ${fill} 88%, black)`,
    "--mantine-color-brand-light": tint(10),
    "--mantine-color-brand-light-hover": tint(8),
    "--mantine-color-brand-light-color": text,
    "--mantine-color-brand-outline": text,
  };
}
