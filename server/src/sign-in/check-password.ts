import { argon2, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";

const derive = promisify(argon2);

const PHC =
  /^\$argon2id\$v=19\$m=([1-9][0-9]{0,6}),t=([1-9][0-9]?),p=([1-9][0-9]?)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;

/** Of a password that nobody has, made with today's parameters: an unknown user costs the same. */
const NOBODY = `$argon2id$v=19$m=19456,t=2,p=1$${"A".repeat(22)}$${"A".repeat(43)}`;

/** Characters, as Unicode counts them: nobody has a longer password. */
export const MOST_PASSWORD = 1024;

/**
 * Whether the password is the one behind the hash, an argon2id PHC string (RFC 9106). Without a
 * hash, and for a longer password than anybody has, it takes as long and answers false.
 */
export async function checkPassword(password: string, phc: string | null): Promise<boolean> {
  const match = PHC.exec(phc ?? NOBODY);
  if (match === null) throw new Error("a stored password hash is not in PHC format");
  const [, memory = "", passes = "", lanes = "", salt = "", tag = ""] = match;
  const expected = Buffer.from(tag, "base64");
  const isLong = password.length > 2 * MOST_PASSWORD || [...password].length > MOST_PASSWORD;
  const derived = await derive("argon2id", {
    message: isLong ? "" : password.normalize("NFC"),
    nonce: Buffer.from(salt, "base64"),
    parallelism: Number(lanes),
    tagLength: expected.length,
    memory: Number(memory),
    passes: Number(passes),
  });
  return timingSafeEqual(derived, expected) && phc !== null && !isLong;
}
