/** What differs between two documents: a line for each leaf that went (−) or came (+). */
export function changesBetween(before: unknown, after: unknown): readonly string[] {
  const [old, now] = [leaves(before), leaves(after)];
  const paths = [...new Set([...old.keys(), ...now.keys()])].sort();
  return paths.flatMap((path) => {
    if (old.get(path) === now.get(path)) return [];
    const went = old.has(path) ? [`− ${path}: ${old.get(path)}`] : [];
    const came = now.has(path) ? [`+ ${path}: ${now.get(path)}`] : [];
    return [...went, ...came];
  });
}

/** Every leaf as JSON under its path; lists of plain values count as leaves. */
function leaves(value: unknown, path = "", found = new Map<string, string>()) {
  if (typeof value !== "object" || value === null || isPlainList(value)) {
    return found.set(path, JSON.stringify(value));
  }
  for (const [name, member] of Object.entries(value)) {
    leaves(member, path === "" ? nameOf(name, member) : `${path}.${nameOf(name, member)}`, found);
  }
  return found;
}

function isPlainList(value: object): boolean {
  return Array.isArray(value) && value.every((each) => typeof each !== "object" || each === null);
}

/** An endpoint is called by what it matches, so that one more does not rename those behind it. */
function nameOf(name: string, member: unknown): string {
  const isNamed = typeof member === "object" && member !== null && "match" in member;
  return isNamed ? `[${String(member.match)}]` : name;
}
