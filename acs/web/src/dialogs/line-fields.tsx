import { Button, Fieldset, Group, PasswordInput, SimpleGrid, Switch, TextInput } from "@mantine/core";
import { useLanguage } from "../language/language.tsx";
import { readProxy, type LineDraft } from "./line-draft.ts";

type LineFieldsProps = {
  draft: LineDraft;
  onChange: (draft: LineDraft) => void;
  /** The ACS has a password for this line already. */
  isKnown?: boolean;
  onRemove?: () => void;
};

/** A subscriber's account on one line. */
export function LineFields({ draft, onChange, isKnown = false, onRemove }: LineFieldsProps) {
  const { t } = useLanguage();
  const words = t.settings;
  const text = (name: "directoryNumber" | "sipUser" | "domain" | "proxy", label: string) => ({
    label,
    value: draft[name],
    maxLength: 253,
    autoComplete: "off",
    onChange: (event: { currentTarget: { value: string } }) =>
      onChange({ ...draft, [name]: event.currentTarget.value }),
  });
  return (
    <Fieldset legend={words.line(draft.line)}>
      <SimpleGrid cols={{ base: 1, xs: 2 }}>
        <TextInput {...text("directoryNumber", words.number)} required inputMode="tel" />
        <TextInput {...text("sipUser", words.user)} required />
        <PasswordInput
          label={words.password}
          {...(isKnown ? { description: words.passwordKept } : { required: true })}
          inputWrapperOrder={["label", "input", "description", "error"]}
          value={draft.sipPassword}
          maxLength={256}
          autoComplete="new-password"
          onChange={(event) => onChange({ ...draft, sipPassword: event.currentTarget.value })}
        />
        <TextInput {...text("domain", words.domain)} required />
        <TextInput
          {...text("proxy", words.proxy)}
          placeholder={words.proxyHint}
          error={readProxy(draft.proxy) === undefined && words.proxyWrong}
        />
      </SimpleGrid>
      <Group justify="space-between" mt="md">
        <Switch
          label={words.enabled}
          checked={draft.enabled}
          onChange={(event) => onChange({ ...draft, enabled: event.currentTarget.checked })}
        />
        {onRemove && (
          <Button variant="subtle" color="red" size="compact-sm" onClick={onRemove}>
            {words.removeLine}
          </Button>
        )}
      </Group>
    </Fieldset>
  );
}
