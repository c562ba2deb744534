import type { Profiles, ProviderProfile } from "@tonalite/device-profiles";
import { loadProfiles } from "@tonalite/device-profiles/load";
import type { ProviderTerms, Terms, TermsRule } from "../api/schemas.ts";

let shipped: Profiles | undefined;

/** The profiles shipped with the product, read once. */
export function shippedProfiles(): Profiles {
  shipped ??= loadProfiles();
  return shipped;
}

/** Everything `GET /api/terms` says. */
export function describeTerms(profiles: Profiles): Terms {
  return {
    providers: [...profiles.providers.values()].map(describeProvider),
    regions: [...profiles.regions.values()].map(({ id, name }) => ({ id, name })),
    hardware: [...profiles.hardware.values()].map(({ id, manufacturer, modelName }) => ({
      id,
      name: `${manufacturer} ${modelName}`,
    })),
  };
}

function describeProvider(provider: ProviderProfile): ProviderTerms {
  const rules: TermsRule[] = [];
  for (const [rule, value] of Object.entries(provider.rules))
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one === undefined) continue;
      const { clause, summary, ...values } = one;
      rules.push({ rule, clause, summary, values });
    }
  return {
    id: provider.id,
    name: provider.name,
    document: provider.document,
    forcedUpdate: provider.rules.softwareUpdate?.force === true,
    rules,
  };
}

/** The clause by which the provider may work on a box from afar, or null where its terms have none. */
export function maintenanceClause(profiles: Profiles, provider: string | null): string | null {
  return profiles.providers.get(provider ?? "")?.rules.remoteMaintenance?.clause ?? null;
}
