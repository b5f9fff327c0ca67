import { Tabs } from "@mantine/core";
import { Page } from "../elements/page.tsx";
import { usePowers } from "../session/session.tsx";
import { OperatorPeople } from "./operator-people.tsx";
import { OperatorTokens } from "./operator-tokens.tsx";

/** Who may run this installation: people, and programs with tokens. */
export function OperatorsPage() {
  const { mayAppoint } = usePowers();
  // No link leads here then, but an address can be typed.
  if (!mayAppoint) {
    return (
      <Page title="Operators" about="Only owners of every API may see this.">
        {null}
      </Page>
    );
  }
  return (
    <Page title="Operators" about="Who may run this installation, and as what.">
      <Tabs defaultValue="people" keepMounted={false}>
        <Tabs.List mb="md">
          <Tabs.Tab value="people">People</Tabs.Tab>
          <Tabs.Tab value="tokens">Tokens of programs</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="people">
          <OperatorPeople />
        </Tabs.Panel>
        <Tabs.Panel value="tokens">
          <OperatorTokens />
        </Tabs.Panel>
      </Tabs>
    </Page>
  );
}
