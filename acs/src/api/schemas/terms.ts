import { z } from "zod";

/** One rule that the product enforces, schedules by or reports against, with the clause it rests on. */
export const TermsRule = z
  .object({
    rule: z.string().describe("name in the provider's profile, e.g. callDuration"),
    clause: z.string(),
    summary: z.string(),
    values: z.record(z.string(), z.unknown()).describe("the rule's figures, e.g. seconds, categories"),
  })
  .meta({ id: "TermsRule" });
export type TermsRule = z.infer<typeof TermsRule>;

export const ProviderTerms = z
  .object({
    id: z.string(),
    name: z.string(),
    document: z.object({ title: z.string(), version: z.string() }),
    forcedUpdate: z.boolean().describe("whether these terms let the provider require a software update"),
    rules: z.array(TermsRule),
  })
  .meta({ id: "ProviderTerms" });
export type ProviderTerms = z.infer<typeof ProviderTerms>;

const choice = z.object({ id: z.string(), name: z.string() });
/** The providers' terms as rules, and the other profiles a device can be given. */
export const Terms = z
  .object({ providers: z.array(ProviderTerms), regions: z.array(choice), hardware: z.array(choice) })
  .meta({ id: "Terms" });
export type Terms = z.infer<typeof Terms>;
