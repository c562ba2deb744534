import type { DeltaSupplyOptions } from "./delta.ts";
import type { ImageSupply } from "./options.ts";

/** {@link createDeltaSupply}, loaded with the first download: most days there is none. */
export function openDeltaGate(options: DeltaSupplyOptions): ImageSupply {
  let supply: ImageSupply | undefined;
  return {
    async prepare(offered) {
      const { createDeltaSupply } = await import("./delta.ts");
      supply ??= createDeltaSupply(options);
      return await supply.prepare(offered);
    },
  };
}
