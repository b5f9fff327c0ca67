import { type Static, Type } from "typebox";
import type { LeakedKey as Leaked } from "../../store/leaked-keys.ts";
import { instantOrNull } from "../instant.ts";
import { Body, Instant, Nullable, OneOf, Text } from "./base.ts";

/** `POST api-keys/report-leaked`. */
export const ReportLeakedKey = Body({
  key: Text({ minLength: 1, maxLength: 512, description: "All of it; it is kept nowhere." }),
  source: Type.Optional(
    Nullable(Text({ minLength: 1, maxLength: 500, description: "Who found it, or where." })),
  ),
});

/** What became of it. */
export const LeakedKey = Type.Object(
  {
    status: OneOf(
      ["unknown", "reported", "revoked"],
      "`unknown`: no key of this API; `reported`: it works on, and its account is told.",
    ),
    credentialId: Nullable(Type.String()),
    accountId: Nullable(Type.String()),
    revokedAt: Nullable(Instant("When it ended, now or before.")),
  },
  { $id: "LeakedKey" },
);

/** What became of it as it goes over the wire. */
export function toLeakedKey({ revokedAt, ...rest }: Leaked): Static<typeof LeakedKey> {
  return { ...rest, revokedAt: instantOrNull(revokedAt) };
}
