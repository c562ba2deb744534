/** The shares of a campaign's waves as a person writes them: growing percents, the last 100. undefined: they are not that. */
export function readWaves(text: string): number[] | undefined {
  const words = text.split(/[\s,;]+/).filter((word) => word !== "");
  const shares = words.map((word) => (/^\d{1,3}$/.test(word) ? Number(word) : Number.NaN));
  const grow = shares.every((share, index) => share > (shares[index - 1] ?? 0));
  return grow && shares.length <= 10 && shares.at(-1) === 100 ? shares : undefined;
}
