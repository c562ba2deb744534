import { hardwareProfile } from "@tonalite/device-profiles";
import { boardKindsOf, type BoardKind } from "@tonalite/scripts/flash/browser";

const files = import.meta.glob("../../../../device-profiles/hardware/*/*.json", {
  eager: true,
  import: "default",
});

/** The boards that this page can flash: the same data files as the terminal's, built into it. */
export const kinds: readonly BoardKind[] = boardKindsOf(
  Object.values(files).map((file) => hardwareProfile.parse(file)),
);
