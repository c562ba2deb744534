import type { Profiles } from "@tonalite/device-profiles";
import { ApiProblem } from "./problem.ts";

/** Profile ids that a device is to have; undefined ones are not changed. */
type Chosen = { profile?: string | undefined; provider?: string | undefined; region?: string | undefined };

const kinds = [
  ["profile", "hardware"],
  ["provider", "providers"],
  ["region", "regions"],
] as const;

/** @throws ApiProblem `unprocessable` for a profile that this installation does not have */
export function assertProfiles(profiles: Profiles, chosen: Chosen): void {
  for (const [field, shelf] of kinds) {
    const id = chosen[field];
    if (id !== undefined && !profiles[shelf].has(id))
      throw new ApiProblem(
        "unprocessable",
        `There is no ${field} "${id}" here.`,
        `Use one of: ${[...profiles[shelf].keys()].join(", ")}.`,
        {
          errors: [{ path: `body.${field}`, message: "unknown" }],
        },
      );
  }
}

/** @throws ApiProblem `unprocessable` for a line that the hardware has no port for */
export function assertPorts(
  profiles: Profiles,
  profile: string | null,
  lines: readonly { line: number }[],
): void {
  const ports = profiles.hardware.get(profile ?? "")?.line.ports;
  if (ports === undefined) return;
  const missing = lines.find((one) => one.line > ports);
  if (missing)
    throw new ApiProblem(
      "unprocessable",
      `${profile} has ${ports} telephone port${ports === 1 ? "" : "s"}; there is no line ${missing.line}.`,
      `Use lines 1 to ${ports}.`,
      {
        errors: [{ path: "body.lines", message: `no line ${missing.line}` }],
      },
    );
}

/**
 * Secrets have their own sealed places; in overrides and commands they would stand readable in the store.
 * @throws ApiProblem `unprocessable`
 */
export function assertNoSecrets(paths: readonly string[]): void {
  const secret = paths.find((path) => /(?:Password|Passphrase|SharedSecret|PrivateKey)$/i.test(path));
  if (secret !== undefined)
    throw new ApiProblem(
      "unprocessable",
      `${secret} is a secret and is not set this way.`,
      "Set SIP passwords with the line's sipPassword; the ACS makes the others itself.",
    );
}
