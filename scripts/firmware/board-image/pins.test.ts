import { describe, expect, it } from "vitest";
import { loadProfiles } from "@tonalite/device-profiles/load";
import { differences, missingWords, readPins, requirePinned, type Input } from "./pins.ts";

const input = (name: string, version = "1.0-1", byte = "a"): Input => ({
  name,
  version,
  sha256: byte.repeat(64),
});
const list = (packages: Input[]) => ({ suite: "bookworm", packages, tools: [] });

describe("the list of Debian packages", () => {
  const boards = [...loadProfiles().hardware.values()].filter(({ image }) => image);

  it.each(boards.map(({ id }) => id))("exists for %s and names its kernel and U-Boot", (id) => {
    const image = boards.find((board) => board.id === id)?.image;
    const names = readPins(id).packages.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining([image?.kernel, image?.uBoot.package, "busybox-static"]));
    expect(new Set(names).size).toBe(names.length);
  });

  it("takes what it names and nothing else", () => {
    const pinned = list([input("a"), input("b")]);
    expect(() => requirePinned(pinned, [input("a"), input("b")])).not.toThrow();
    expect(() => requirePinned(pinned, [input("a", "1.0-2"), input("b")])).toThrow(
      /a 1\.0-1 became 1\.0-2\. .*renew the list with: {2}npm run board-image -- pins/,
    );
    expect(() => requirePinned(pinned, [input("a", "1.0-1", "b"), input("b")])).toThrow(
      "a 1.0-1 has other bytes",
    );
  });

  it("says what is new and what is gone", () => {
    expect(differences([input("a"), input("b")], [input("b"), input("c", "2")])).toEqual([
      "c 2 is new",
      "a is gone",
    ]);
  });

  it("says what Debian has no longer, and nothing of other troubles", () => {
    const words = "mmdebstrap ended with code 1:\n  E: Version ‘1:6.2p3-4.2’ for ‘openntpd’ was not found";
    expect(missingWords(words)).toMatch(
      /^Debian's mirror has no longer: openntpd 1:6\.2p3-4\.2\. Renew .*--mirror/,
    );
    expect(missingWords("E: Unable to connect")).toBeUndefined();
  });

  it("is asked for where a board has none", () => {
    expect(() => readPins("acme/none")).toThrow(
      "write it with:  npm run board-image -- pins --board acme/none",
    );
  });
});
