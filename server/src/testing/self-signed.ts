import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

/** A certificate that nobody trusts yet, and its key: files of PEM. */
export interface SelfSigned {
  readonly certificate: string;
  readonly key: string;
  remove(): void;
}

const OPENSSL = "/usr/bin/openssl";

/** In CI its absence is an error, so that nothing is skipped. */
export function hasOpenssl(): boolean {
  const found = existsSync(OPENSSL);
  if (!found && process.env.CI === "true") throw new Error("OpenSSL is not installed");
  return found;
}

/** Makes one for a name as OpenSSL writes it: `DNS:hooks.example.com` or `IP:127.0.0.1`. */
export function selfSigned(subjectAltName: string): SelfSigned {
  const folder = mkdtempSync(path.join(tmpdir(), "latchkey-certificate-"));
  const key = path.join(folder, "key.pem");
  const certificate = path.join(folder, "certificate.pem");
  const words =
    "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost " +
    `-addext subjectAltName=${subjectAltName} -keyout ${key} -out ${certificate}`;
  execFileSync(OPENSSL, words.split(" "), { stdio: "pipe" });
  return { certificate, key, remove: () => rmSync(folder, { recursive: true }) };
}
