import type { ProviderTerms, TermsRule } from "@tonalite/acs/api";
import { Card, Stack, Table, Text, Title } from "@mantine/core";
import { useTerms } from "../api/queries.ts";
import { useLanguage, word } from "../language/language.tsx";
import { Failure, Waiting } from "../parts/failure.tsx";
import { Heading } from "../parts/heading.tsx";

/** The providers' terms, rule by rule. */
export default function TermsPage() {
  const { t } = useLanguage();
  const terms = useTerms();
  return (
    <Stack>
      <Heading title={t.terms.title} intro={t.terms.intro} />
      {terms.isPending && <Waiting />}
      {terms.isError && <Failure error={terms.error} onRetry={() => void terms.refetch()} />}
      {terms.data?.providers.map((provider) => (
        <Provider key={provider.id} provider={provider} />
      ))}
    </Stack>
  );
}

function Provider({ provider }: { provider: ProviderTerms }) {
  const { t } = useLanguage();
  return (
    <Card withBorder padding="lg" component="section">
      <Title order={2} size="h4">
        {provider.name}
      </Title>
      <Text size="sm" c="dimmed" mb="sm">
        {provider.document.title}, {provider.document.version}
      </Text>
      {provider.rules.length === 0 ? (
        <Text size="sm">{t.terms.noRules}</Text>
      ) : (
        <Table.ScrollContainer minWidth={640}>
          <Table verticalSpacing="sm">
            <Table.Thead>
              <Table.Tr>
                <Table.Th scope="col">{t.terms.rule}</Table.Th>
                <Table.Th scope="col">{t.terms.clause}</Table.Th>
                <Table.Th scope="col">{t.terms.summary}</Table.Th>
                <Table.Th scope="col">{t.terms.values}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {provider.rules.map((rule) => (
                <Table.Tr key={`${rule.rule} ${rule.clause} ${rule.summary}`}>
                  <Table.Th scope="row" fw={600}>
                    {word(t.terms.rules, rule.rule)}
                  </Table.Th>
                  <Table.Td className="nowrap">{rule.clause}</Table.Td>
                  <Table.Td>{rule.summary}</Table.Td>
                  <Table.Td>
                    <span className="mono">{figuresOf(rule)}</span>
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
    </Card>
  );
}

function figuresOf({ values }: TermsRule): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}: ${Array.isArray(value) ? value.join(", ") : String(value)}`)
    .join("; ");
}
