import { Button } from "@mantine/core";
import { Door } from "./door.tsx";

/** For who came by a link of their product: there is nothing to sign in with, but a way back. */
export function EndedVisit({ returnUrl }: { readonly returnUrl: string | null }) {
  return (
    <Door
      title="Your visit has ended"
      about="Open your settings again from where you came: that makes a new link."
    >
      {returnUrl !== null && (
        <Button component="a" href={returnUrl} fullWidth>
          Back to where you came from
        </Button>
      )}
    </Door>
  );
}
