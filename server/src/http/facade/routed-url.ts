import { withoutSlash } from "@latchkey/engine";

/**
 * The URL that is routed in place of `url`: below an API's mount a slash at the end of a path means
 * nothing, to the policy and so to the endpoints too. The mount itself keeps its own.
 */
export function routedUrl(url: string, mounts: { has(slug: string): boolean }): string {
  const routed = withoutSlash(url);
  if (routed === url) return url;
  const [, slug = "", below] = routed.split(/[/?]/, 3);
  return below !== undefined && routed[slug.length + 1] === "/" && mounts.has(slug) ? routed : url;
}
