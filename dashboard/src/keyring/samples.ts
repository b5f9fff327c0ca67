/** How a user's token is signed with a private key; the key itself is not in it. */
export function signingKeySample(id: string): string {
  return `import { readFileSync } from "node:fs";
import { importPKCS8, SignJWT } from "jose";

const key = await importPKCS8(readFileSync("${id}.pem", "utf8"), "ES256");
const token = await new SignJWT()
  .setProtectedHeader({ alg: "ES256", kid: "${id}" })
  .setSubject("user_…")
  .setIssuedAt()
  .setExpirationTime("1h")
  .sign(key);`;
}

/** The same with a shared secret. */
export function jwtSample(issuer: string): string {
  return `import { SignJWT } from "jose";

const secret = new TextEncoder().encode(process.env.JWT_SECRET);
const token = await new SignJWT({ scope: "read:all" })
  .setProtectedHeader({ alg: "HS256" })
  .setIssuer(${JSON.stringify(issuer)})
  .setSubject("user_…")
  .setIssuedAt()
  .setExpirationTime("1h")
  .sign(secret);`;
}
