import { Type } from "typebox";
import { Body, Nullable, Ref, Text } from "./base.ts";
import { DecisionAnswer } from "./decision.ts";

/** `POST explain`. */
export const ExplainBody = Body({
  curl: Text({
    minLength: 1,
    maxLength: 65_536,
    description: "A curl command as it was pasted; its credential is neither kept nor logged.",
  }),
  ip: Type.Optional(
    Type.String({ maxLength: 64, description: "From where the request came; CIDR rules ask." }),
  ),
});

/** What came of a pasted request, and what to change. */
export const Explanation = Type.Object(
  {
    decision: Ref(DecisionAnswer),
    request: Type.Object({
      method: Type.String(),
      path: Type.String({ description: "Below the mount, without the query." }),
      credentials: Type.Array(
        Type.String({ description: "A header with its prefix and last four characters." }),
      ),
    }),
    meaning: Nullable(Type.String({ description: "What the deny reason says." })),
    remedy: Nullable(Type.String({ description: "What usually helps." })),
    mistakes: Type.Array(Type.String({ description: "What in the command could have led to it." })),
    warnings: Type.Array(Type.String({ description: "What was not followed in the command." })),
  },
  { $id: "Explanation" },
);
