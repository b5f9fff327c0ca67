import { createHmac, hkdfSync, timingSafeEqual } from "node:crypto";
import { ApiError } from "@latchkey/engine";
import type { PageKey } from "../store/records.ts";

/** 128 bits: a cursor opens nothing, it only must not be forged. */
const MAC_BYTES = 16;
const FORM = /^([A-Za-z0-9_-]{1,400})\.([A-Za-z0-9_-]{22})$/;

/** Makes the cursors of all lists, and takes back only those it made. */
export interface Cursors {
  /** `null` after the last page. */
  write(list: string, next: PageKey | null): string | null;
  /** @throws {ApiError} `INVALID_CURSOR` for one that was altered or that another list gave out. */
  read(list: string, cursor: string | undefined): PageKey | undefined;
}

/**
 * Cursors under keys derived from the master keys: the first signs, all are accepted. `list` names
 * the API, the collection and its filters, so that a cursor continues exactly the list it is from.
 */
export function createCursors(masterKeys: readonly Uint8Array[]): Cursors {
  const keys = masterKeys.map((master) => cursorKey(master));
  const [signingKey] = keys;
  if (signingKey === undefined) throw new Error("cursors need a master key");

  return {
    write(list, next) {
      if (next === null) return null;
      const payload = Buffer.from(JSON.stringify([next.at, next.id])).toString("base64url");
      return `${payload}.${mac(signingKey, list, payload).toString("base64url")}`;
    },

    read(list, cursor) {
      if (cursor === undefined) return undefined;
      const [, payload, tag] = FORM.exec(cursor) ?? [];
      if (payload === undefined || tag === undefined) throw invalidCursor();
      const given = Buffer.from(tag, "base64url");
      // The tag is compared as text too: base64url has several spellings of the same bytes.
      const ours = keys.some(
        (key) =>
          timingSafeEqual(mac(key, list, payload), given) && given.toString("base64url") === tag,
      );
      if (!ours) throw invalidCursor();
      const [at, id] = JSON.parse(Buffer.from(payload, "base64url").toString()) as [number, string];
      return { at, id };
    },
  };
}

function cursorKey(master: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", master, "", "latchkey cursor", 32));
}

function mac(key: Uint8Array, list: string, payload: string): Buffer {
  // The payload has no NUL, so the two cannot run into each other.
  return createHmac("sha256", key).update(`${payload}\0${list}`).digest().subarray(0, MAC_BYTES);
}

function invalidCursor(): ApiError {
  return new ApiError("INVALID_CURSOR", "This cursor is not one that this list gave out.", {
    details: { field: "cursor" },
  });
}
