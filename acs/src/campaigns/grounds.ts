import type { Profiles } from "@tonalite/device-profiles";
import { ApiProblem } from "../api/problem.ts";

/** What a forced update rests on: the provider's clause and how long the box may wait for an idle line. */
export type ForceGrounds = { provider: string; clause: string; deadline: Date };

const hourMs = 3_600_000;

/**
 * The clause that lets urgent work be done outside the maintenance hours and without notice.
 * @throws ApiProblem `refused-by-terms`
 */
export function judgeUrgency(profiles: Profiles, providerId: string | null): string {
  const provider = providerId === null ? undefined : profiles.providers.get(providerId);
  const rule = provider?.rules.maintenance;
  if (provider && !rule) return "no maintenance hours in the terms";
  if (rule?.urgentWithoutNotice) return rule.clause;
  throw new ApiProblem(
    "refused-by-terms",
    `${provider ? `The terms of ${provider.name} have` : "The device has no provider whose terms have"} no rule for urgent work.`,
    "Order the update without urgency; it waits for the maintenance hours.",
    rule ? { clause: rule.clause } : {},
  );
}

/**
 * Whether a provider's terms let it require an update (IPPI 7.3). A rule that is absent is no ground: nothing is
 * borrowed from another provider.
 * @throws ApiProblem `refused-by-terms`, naming the provider; `unprocessable` for a deadline before the terms' own
 */
export function judgeForce(
  profiles: Profiles,
  providerId: string | null,
  deadlineHours: number | undefined,
  now: Date,
): ForceGrounds {
  if (providerId === null)
    throw new ApiProblem(
      "refused-by-terms",
      "The device has no provider, so no terms allow a forced update.",
      "Give the device its provider (PATCH /api/devices/…), or offer the update without force.",
    );
  const provider = profiles.providers.get(providerId);
  if (!provider)
    throw new ApiProblem(
      "refused-by-terms",
      `The device's provider "${providerId}" has no profile here, so its terms are not known.`,
      "Add the provider's profile, or offer the update without force.",
    );
  const rule = provider.rules.softwareUpdate;
  if (!rule?.force)
    throw new ApiProblem(
      "refused-by-terms",
      `The terms of ${provider.name} (${provider.document.title}, ${provider.document.version}) have no rule that lets the provider require a software update.`,
      "Offer the update without force.",
      rule ? { clause: rule.clause } : {},
    );
  if (deadlineHours !== undefined && deadlineHours <= 0)
    throw new ApiProblem(
      "unprocessable",
      "The deadline must lie ahead: a forced update waits for an idle line.",
      "Leave deadlineHours out for the provider's own.",
      {
        clause: rule.clause,
      },
    );
  return {
    provider: provider.id,
    clause: rule.clause,
    deadline: new Date(now.getTime() + (deadlineHours ?? rule.deadlineHours) * hourMs),
  };
}
