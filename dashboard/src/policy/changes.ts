/**
 * What differs between two policies: a line for each leaf that went (−) or came (+), and one where
 * endpoints have changed places, for the first that matches decides.
 */
export function changesBetween(before: unknown, after: unknown): readonly string[] {
  const [old, now] = [leaves(before), leaves(after)];
  const paths = [...new Set([...old.keys(), ...now.keys()])].sort();
  const lines = paths.flatMap((path) => {
    if (old.get(path) === now.get(path)) return [];
    const went = old.has(path) ? [`− ${path}: ${old.get(path)}`] : [];
    const came = now.has(path) ? [`+ ${path}: ${now.get(path)}`] : [];
    return [...went, ...came];
  });
  if (inOrder(old, now) === inOrder(now, old)) return lines;
  return [...lines, "± endpoints: in another order"];
}

/** The endpoints of one that the other has, too, as they follow each other. */
function inOrder(these: ReadonlyMap<string, string>, those: ReadonlyMap<string, string>): string {
  const paths = [...these.keys()].filter((path) => path.startsWith("endpoints."));
  return paths.filter((path) => those.has(path)).join("\n");
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
