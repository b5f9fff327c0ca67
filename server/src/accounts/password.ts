import { argon2, randomBytes } from "node:crypto";
import { promisify } from "node:util";

const derive = promisify(argon2);

/** OWASP's second choice for argon2id: 19 MiB, two passes, one lane; some 20 ms off the main thread. */
const MEMORY_KIB = 19 * 1024;
const PASSES = 2;
const LANES = 1;

/**
 * A password's argon2id hash (RFC 9106) as a PHC string, which names its parameters so that they can
 * be raised later. Equal passwords give different hashes.
 */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const tag = await derive("argon2id", {
    // NFC: the same password typed on another keyboard is the same password (RFC 8265 §4.2).
    message: password.normalize("NFC"),
    nonce: salt,
    parallelism: LANES,
    tagLength: 32,
    memory: MEMORY_KIB,
    passes: PASSES,
  });
  const parameters = `m=${MEMORY_KIB},t=${PASSES},p=${LANES}`;
  return `$argon2id$v=19$${parameters}$${base64(salt)}$${base64(tag)}`;
}

/** PHC strings leave the padding out. */
function base64(bytes: Buffer): string {
  return bytes.toString("base64").replace(/=+$/, "");
}
