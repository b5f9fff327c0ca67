import { type CSSVariablesResolver, createTheme, type MantineColorsTuple } from "@mantine/core";

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

/** Colours, type and default sizes of the whole dashboard. */
export const theme = createTheme({
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
    Modal: { defaultProps: { centered: true, closeButtonProps: { "aria-label": "Close" } } },
  },
});

/** Quiet text must still be read by everybody: 4.5 to 1 on every surface it stands on. */
export const cssVariables: CSSVariablesResolver = () => ({
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
});
