import type { Policy } from "@latchkey/engine";

/** What a policy amounts to, for `latchkey check`: endpoints, scopes and limits of one API. */
export function policySummary(policy: Policy): readonly string[] {
  const { slug, renderer, hosts, schemes, endpoints, otherwise, scopes, limits } = policy;
  return [
    `API "${slug}" at ${[`/${slug}`, ...hosts].join(", ")}`,
    `  profile     ${renderer}`,
    `  schemes     ${schemes.join(", ")}`,
    ...listed("endpoints", endpoints.map(endpointLine)),
    `              anything else: ${otherwise}`,
    ...listed("scopes", scopeLines(scopes)),
    ...listed("limits", limitLines(limits)),
  ];
}

function endpointLine({ match, anonymous, scopes, owner }: Policy["endpoints"][number]): string {
  const asks = scopes.length > 0 ? scopes.join(" ") : anonymous ? "anonymous" : "authenticated";
  return `${match}  ${asks}${owner === null ? "" : `, owner {${owner}}`}`;
}

function scopeLines(scopes: Policy["scopes"]): readonly string[] {
  return Object.entries(scopes).map(([name, { implies, impliesOnOwn }]) => {
    const implied = implies.length > 0 ? `, implies ${implies.join(" ")}` : "";
    const own = impliesOnOwn.length > 0 ? `, on one's own ${impliesOnOwn.join(" ")}` : "";
    return `${name}${implied}${own}`;
  });
}

function limitLines(limits: Policy["limits"]): readonly string[] {
  return Object.entries(limits).map(([kind, { per, windows }]) => {
    const all = windows.map(({ name, max, windowSeconds, blockSeconds }) => {
      const block = blockSeconds > 0 ? `, then blocked ${blockSeconds} s` : "";
      return `${name} ${max} in ${windowSeconds} s${block}`;
    });
    return `${kind} per ${per}: ${all.join("; ")}`;
  });
}

function listed(title: string, lines: readonly string[]): readonly string[] {
  if (lines.length === 0) return [`  ${title.padEnd(12)}none`];
  return lines.map((line, i) => `  ${(i === 0 ? title : "").padEnd(12)}${line}`);
}
