import { Type } from "typebox";
import { CAPABILITIES } from "../../store/capabilities.ts";
import { Body, Id, Instant, Nullable, OneOf, Text } from "./base.ts";

/** A link into an account's dashboard. */
export const PortalSession = Type.Object(
  {
    url: Type.String({ description: "Opens the dashboard once; shown here and never again." }),
    expiresAt: Instant("Until when it opens."),
  },
  { $id: "PortalSession" },
);

/** `POST portal-sessions`. */
export const CreatePortalSession = Body({
  accountId: Id("acct"),
  userId: Type.Optional(Nullable(Id("user", "A user of the account, as whom it opens."))),
  capabilities: Type.Array(OneOf(CAPABILITIES), {
    minItems: 1,
    maxItems: CAPABILITIES.length,
    uniqueItems: true,
    description: "What whoever opens it may do; `write` includes `read`.",
  }),
  returnUrl: Type.Optional(
    Nullable(Text({ maxLength: 2048, description: "Where it leads back to: of `returnUrls`." })),
  ),
});
