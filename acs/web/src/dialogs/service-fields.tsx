import type { ProviderTerms } from "@tonalite/acs/api";
import { Select, Switch } from "@mantine/core";
import { useLanguage, word } from "../language/language.tsx";
import { groundsOf, liftableRule, type ServiceChoice, statesUnder } from "./service.ts";

type ServiceFieldsProps = {
  choice: ServiceChoice;
  provider: ProviderTerms | undefined;
  onChange: (choice: ServiceChoice) => void;
};

/** What is left of a subscriber's service, each choice with the clause that it rests on. */
export function ServiceFields({ choice, provider, onChange }: ServiceFieldsProps) {
  const { t } = useLanguage();
  const grounds = groundsOf(choice.state, provider);
  const liftable = liftableRule(provider);
  // A state that other terms gave stays to be seen, and to be left.
  const states = [...new Set([...statesUnder(provider), choice.state])];
  return (
    <>
      <Select
        label={t.settings.service}
        data={states.map((value) => ({ value, label: word(t.device.services, value) }))}
        value={choice.state}
        onChange={(state) => state !== null && onChange({ ...choice, state })}
        allowDeselect={false}
        {...(grounds && { description: `${t.calls.clause(grounds.clause)}: ${grounds.summary}` })}
        inputWrapperOrder={["label", "input", "description", "error"]}
      />
      {liftable && (
        <Switch
          label={t.settings.lifted}
          description={`${t.calls.clause(liftable.clause)}: ${liftable.summary}`}
          checked={choice.lifted}
          onChange={(event) => onChange({ ...choice, lifted: event.currentTarget.checked })}
        />
      )}
    </>
  );
}
