import type { Policy } from "@latchkey/engine";

/** What a policy amounts to, for `latchkey check`: endpoints, scopes and limits of one API. */
export function policySummary(policy: Policy): readonly string[] {
  const { slug, renderer, hosts, schemes, endpoints, otherwise, scopes, limits } = policy;
  const { unscoped, delegated } = policy;
  return [
    `API "${slug}" at ${[`/${slug}`, ...hosts].join(", ")}`,
    `  profile     ${renderer}`,
    `  schemes     ${schemes.join(", ")}`,
    ...listed("endpoints", endpoints.map(endpointLine)),
    `              anything else: ${otherwise}`,
    ...listed("unscoped", unscoped),
    `  delegated   ${delegated}`,
    ...listed("scopes", scopeLines(scopes)),
    ...listed("limits", limitLines(limits)),
  ];
}

function endpointLine(endpoint: Policy["endpoints"][number]): string {
  const { match, anonymous, scopes, owner, delegated, accepts } = endpoint;
  const asks = scopes.length > 0 ? scopes.join(" ") : anonymous ? "anonymous" : "authenticated";
  const besides = [
    ...(owner === null ? [] : [`owner {${owner}}`]),
    ...(delegated === undefined ? [] : [`delegated ${delegated.join(" ") || "nothing"}`]),
    ...(accepts.length === 0 ? [] : [`only ${accepts.join(" ")}`]),
  ];
  return `${match}  ${[asks, ...besides].join(", ")}`;
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
