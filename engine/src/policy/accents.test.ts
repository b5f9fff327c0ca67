import { expect, test } from "vitest";
import { accentsOf } from "./accents.ts";

/** An independent reading of WCAG 2.2's "contrast ratio". */
function contrast(one: string, other: string): number {
  const [low = 0, high = 0] = [one, other].map(luminance).sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [...colour.matchAll(/[0-9a-f]{2}/g)].map(([hex]) => {
    const value = Number.parseInt(hex, 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return red * 0.2126 + green * 0.7152 + blue * 0.0722;
}

const SURFACES = {
  light: ["#ffffff", "#f7f8fb", "#f1f3f8"],
  dark: ["#0d1119", "#141924", "#1d2331"],
} as const;

test("every colour is made into one that is read on every surface", () => {
  const parts = ["00", "33", "66", "80", "99", "cc", "ff"];
  const colours = parts.flatMap((r) => parts.flatMap((g) => parts.map((b) => `#${r}${g}${b}`)));
  expect(colours).toHaveLength(343);
  const unread = colours.flatMap((colour) => {
    const accents = accentsOf(colour);
    return (["light", "dark"] as const).flatMap((scheme) => {
      const { fill, text } = accents[scheme];
      const ratios = SURFACES[scheme].map((surface) => [
        contrast(text, surface) / 4.5,
        contrast(fill, surface) / 3,
      ]);
      const least = Math.min(...ratios.flat(), contrast(fill, "#ffffff") / 4.5);
      return least >= 1 ? [] : [[colour, scheme, fill, text, least]];
    });
  });
  expect(unread).toEqual([]);
});

test.each(["#0f766e", "#1d4ed8", "#e11d48"])(
  "%s has the contrast, and stays as it is",
  (colour) => {
    expect(accentsOf(colour).light.fill).toBe(colour);
  },
);

test.each([
  ["#ffcc00", /^#([5-9a-f].)([4-9].)00$/],
  ["#ffffff", /^#(.{2})\1\1$/],
])("%s keeps its hue on its way to black", (colour, hue) => {
  expect(accentsOf(colour).light.fill).toMatch(hue);
});
