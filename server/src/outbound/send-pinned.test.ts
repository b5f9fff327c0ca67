import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { getCACertificates, setDefaultCACertificates, type TLSSocket } from "node:tls";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasOpenssl, type SelfSigned, selfSigned } from "../testing/self-signed.ts";
import { createGuardedFetch } from "./guarded-fetch.ts";

const usual = getCACertificates("default");

describe.skipIf(!hasOpenssl())("over TLS", () => {
  let made: SelfSigned;
  let server: Server;
  let port = 0;
  /** The names that connections asked for. */
  const names: (string | false | null | undefined)[] = [];

  beforeAll(async () => {
    made = selfSigned("DNS:hooks.example.com,IP:127.0.0.1");
    const [cert, key] = [readFileSync(made.certificate), readFileSync(made.key)];
    server = createServer({ cert, key }, (_request, response) => response.end("ok"));
    server.on("secureConnection", ({ servername }: TLSSocket & { servername?: string }) =>
      names.push(servername),
    );
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    port = (server.address() as AddressInfo).port;
  });
  afterAll(() => {
    setDefaultCACertificates(usual);
    server.closeAllConnections();
    server.close();
    made.remove();
  });

  test.each([false, true])(
    "the certificate must be the name's, whatever address it has; kept: %s",
    async (keep) => {
      setDefaultCACertificates(usual);
      const lookUp = async () => [{ address: "127.0.0.1", family: 4 }];
      const ask = createGuardedFetch({ allow: ["127.0.0.1"], lookUp, keep });
      const get = async (host: string) => (await ask(`https://${host}:${port}/`)).text();
      await expect(get("hooks.example.com")).rejects.toThrow(
        "the host's certificate is not valid: DEPTH_ZERO_SELF_SIGNED_CERT",
      );
      setDefaultCACertificates([readFileSync(made.certificate, "utf8")]);
      names.length = 0;
      for (let n = 0; n < 2; n += 1) expect(await get("hooks.example.com")).toBe("ok");
      expect(names).toEqual(Array.from({ length: keep ? 1 : 2 }, () => "hooks.example.com"));
      await expect(get("other.example.com")).rejects.toThrow(
        "the host's certificate is not valid: ERR_TLS_CERT_ALTNAME_INVALID",
      );
      expect(await get("127.0.0.1")).toBe("ok");
    },
  );
});
