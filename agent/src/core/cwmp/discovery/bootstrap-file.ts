import * as z from "zod";
import type { AcsOffer } from "./dhcp-options.ts";
import { isUrl } from "./dhcp-options.ts";

/** The bootstrap file (`docs/bootstrap-file.md`): where the ACS is and, over https only, how the box proves itself there. */
const bootstrapFile = z.strictObject({
  acs: z.strictObject({
    url: z.string().refine(isUrl, "an absolute http or https URL without credentials"),
    username: z.string().max(256).optional(),
    password: z.string().max(256).optional(),
  }),
  provisioningCode: z.string().max(64).optional(),
});

export type Bootstrap = AcsOffer & { url: string; username?: string; password?: string };

/** Bytes of a file that is read. */
export const longestBootstrap = 16_384;

/** A bootstrap file that is not used; the message says why and never holds a secret. */
export class BootstrapError extends Error {
  override readonly name = "BootstrapError";
}

/**
 * Reads a bootstrap file.
 * @param secure whether it came over https: else nobody vouches for credentials in it, and others could have read them
 * @throws BootstrapError
 */
export function readBootstrapFile(text: string, secure: boolean): Bootstrap {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new BootstrapError("the bootstrap file is not JSON");
  }
  const parsed = bootstrapFile.safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new BootstrapError(
      `the bootstrap file: ${issue?.path.join(".") ?? ""}: ${issue?.message ?? "wrong"}`,
    );
  }
  const { acs, provisioningCode } = parsed.data;
  if (!secure && (acs.username !== undefined || acs.password !== undefined))
    throw new BootstrapError("the bootstrap file holds credentials, but came without TLS");
  const { password, url, username } = acs;
  return {
    url,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(provisioningCode === undefined ? {} : { provisioningCode }),
  };
}
