/** A brand's colour as it can be used on one ground. */
export interface Accent {
  /** White text on it is read: at least 4.5 to 1; and it stands out from the ground: 3 to 1. */
  readonly fill: string;
  /** As text it is read on the ground, and on a tenth of itself over the ground: 4.5 to 1. */
  readonly text: string;
}

type Rgb = readonly [number, number, number];

const WHITE: Rgb = [255, 255, 255];
const BLACK: Rgb = [0, 0, 0];
/** The darkest of our light surfaces, and the lightest of our dark ones. */
const GROUNDS = { light: [241, 243, 248], dark: [29, 35, 49] } as const;
/** WCAG 2.2 §1.4.3 for text, §1.4.11 for parts that one must see. */
const READ = 4.5;
const SEEN = 3;
const TINT = 0.1;
const STEPS = 256;

/**
 * What becomes of a colour (`#rrggbb`) on light and on dark pages: the colour itself where it has
 * the contrast that people need, else the nearest that has, on its way to black or to white.
 */
export function accentsOf(colour: string): { readonly light: Accent; readonly dark: Accent } {
  return { light: accentOn(GROUNDS.light, colour), dark: accentOn(GROUNDS.dark, colour) };
}

function accentOn(ground: Rgb, colour: string): Accent {
  const brand = rgbOf(colour);
  const fill = nearest(
    brand,
    (each) => contrast(each, WHITE) >= READ && contrast(each, ground) >= SEEN,
  );
  const text = nearest(brand, (each) =>
    [ground, mixed(ground, each, TINT)].every((behind) => contrast(each, behind) >= READ),
  );
  return { fill: hexOf(fill), text: hexOf(text) };
}

/** The colour that is mixed with least black or white of those that will do. */
function nearest(brand: Rgb, willDo: (colour: Rgb) => boolean): Rgb {
  for (let step = 0; step <= STEPS; step += 1) {
    const found = [BLACK, WHITE].map((end) => mixed(brand, end, step / STEPS)).find(willDo);
    if (found !== undefined) return found;
  }
  throw new Error("no colour between black and white would do");
}

function mixed(from: Rgb, to: Rgb, share: number): Rgb {
  const part = (i: 0 | 1 | 2) => Math.round(from[i] + (to[i] - from[i]) * share);
  return [part(0), part(1), part(2)];
}

/** WCAG 2.2, "contrast ratio": from 1 to 21. */
function contrast(one: Rgb, other: Rgb): number {
  const [a, b] = [luminance(one), luminance(other)];
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}

/** WCAG 2.2, "relative luminance". */
function luminance([red, green, blue]: Rgb): number {
  return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
}

function linear(value: number): number {
  const share = value / 255;
  return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
}

function rgbOf(colour: string): Rgb {
  const part = (at: number) => Number.parseInt(colour.slice(at, at + 2), 16);
  return [part(1), part(3), part(5)];
}

function hexOf(colour: Rgb): string {
  return `#${colour.map((value) => value.toString(16).padStart(2, "0")).join("")}`;
}
