import path from "node:path";

/** A policy file that cannot be used; the message is one line that begins with file and place. */
export class PolicyFileError extends Error {
  constructor(place: string, fault: string, options?: ErrorOptions) {
    super(`${place}: ${fault.replace(/\s+/g, " ").trim()}`, options);
    this.name = "PolicyFileError";
  }
}

/** A file as people know it: from the working folder when it lies below, else in full. */
export function shownPath(file: string): string {
  const relative = path.relative("", file);
  return relative.startsWith("..") || path.isAbsolute(relative) ? file : relative;
}
