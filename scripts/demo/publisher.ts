import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  addImages,
  createKeyPair,
  initRepository,
  publishRepository,
  readPrivateKey,
  refreshRepository,
  signDrafts,
} from "../firmware/index.ts";
import type { AcsApi } from "./acs.ts";

/** Who says which images of this small provider are released. In life, root and release keys lie elsewhere. */
export type Publisher = {
  /** What the factory puts into a box, and the operator into the ACS, as `trust/root.json`. */
  root: string;
  /** Lists images and tells the ACS; without any, what is listed is signed for another fortnight. */
  release(acs: AcsApi, images?: readonly string[]): Promise<void>;
};

const names = ["root-1", "root-2", "root-3", "release", "online"] as const;

/** The publisher's repository in `<dir>/release`, its keys in `<dir>/signing`; both are made the first time. */
export function openPublisher(dir: string): Publisher {
  const signing = join(dir, "signing");
  const folder = { dir: join(dir, "release") };
  mkdirSync(signing, { recursive: true, mode: 0o700 });
  for (const name of names) if (!existsSync(join(signing, `${name}.key`))) createKeyPair(signing, name);
  const key = (name: (typeof names)[number]) => readPrivateKey(join(signing, `${name}.key`));
  const rootFile = join(folder.dir, "1.root.json");
  if (!existsSync(rootFile))
    initRepository(folder, {
      root: { keys: [key("root-1"), key("root-2"), key("root-3")], threshold: 2 },
      targets: { keys: [key("release")], threshold: 1 },
      online: key("online"),
    });
  return {
    root: readFileSync(rootFile, "utf8"),
    async release(acs, images = []) {
      if (images.length > 0) {
        addImages(
          folder,
          images.map((file) => ({ file })),
          join(dir, "acs/trust"),
        );
        signDrafts(folder, [key("release")]);
      }
      refreshRepository(folder, key("online"));
      await publishRepository(folder, acs.url, acs.token);
    },
  };
}
