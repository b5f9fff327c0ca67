import { Tabs } from "@mantine/core";
import { Page } from "../elements/page.tsx";
import { OperatorPeople } from "./operator-people.tsx";
import { OperatorTokens } from "./operator-tokens.tsx";

/** Who may run this installation: people, and programs with tokens. */
export function OperatorsPage() {
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
