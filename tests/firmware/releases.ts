import * as assert from "node:assert/strict";
import { cpSync, copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import type { FirmwareImage, Page, Parameter, Update } from "@tonalite/acs/api";
import {
  addImages,
  createKeyPair,
  initRepository,
  publishRepository,
  readPrivateKey,
  refreshRepository,
  signDrafts,
} from "@tonalite/scripts/firmware";
import { AcsApiError } from "@tonalite/scripts/demo";
import type { TestImages } from "./images.ts";
import { openLaboratory, type LaboratoryBox } from "./laboratory.ts";
import type { Trials } from "./trials.ts";

/** Bytes of an update that travelled to the box, and that it had. */
export type TravelFigures = { fetched: number; reused: number };

type Api = { get: <T>(path: string) => Promise<T> };

/** A box with a release root takes an image when it is released and not before; little of it travels. */
export async function releaseTrials(
  images: TestImages,
  folder: string,
  { trial }: Trials,
): Promise<TravelFigures | undefined> {
  const bundle = images.bundle("2.0.0");
  const repository = { dir: join(folder, "release") };
  const key = (name: string) => readPrivateKey(createKeyPair(join(folder, "keys"), name).privateKeyFile);
  const [release, online] = [key("release"), key("online")];
  initRepository(repository, {
    root: { keys: [key("root")], threshold: 1 },
    targets: { keys: [release], threshold: 1 },
    online,
  });
  const trust = join(folder, "trust");
  mkdirSync(trust, { recursive: true });
  cpSync(images.trust, trust, { recursive: true });
  copyFileSync(join(repository.dir, "1.root.json"), join(trust, "root.json"));
  const laboratory = await openLaboratory(join(folder, "laboratory"), trust);
  let travelled: TravelFigures | undefined;
  try {
    const { api } = laboratory.acs;
    await publishRepository(repository, api.url, api.token);
    const box = await laboratory.makeBox(images.image("1.0.0"));
    await box.powerUp();
    await box.works("1.0.0");
    const image = await laboratory.upload(bundle);
    // The box's own refusal is shown from a folder of files (agent/src/shell/update/gates.test.ts): this ACS asks no box.
    await trial("image that no release lists: refused, with the way to list it", async () => {
      const refusal = await box.order(image).catch((error: unknown) => error);
      assert.ok(refusal instanceof AcsApiError && refusal.status === 422, String(refusal));
      assert.match(refusal.message, /No current release lists version 2\.0\.0/);
    });
    await trial("the same image, released: committed, and little of it travelled", async () => {
      addImages(repository, [{ file: bundle }], trust);
      signDrafts(repository, [release]);
      refreshRepository(repository, online);
      await publishRepository(repository, api.url, api.token);
      travelled = await takesLittle(box, image, api);
    });
    await box.powerOff();
    await trial("the same with 128 MiB", async () => {
      const small = await laboratory.makeBox(images.image("1.0.0"), { serial: "SMALL", memoryMiB: 128 });
      await small.powerUp();
      await small.works("1.0.0");
      await takesLittle(small, image, api);
    });
    return travelled;
  } finally {
    await laboratory.stop();
  }
}

async function takesLittle(box: LaboratoryBox, image: FirmwareImage, api: Api): Promise<TravelFigures> {
  const end = await endOf(box, await box.order(image));
  assert.equal(end.state, "committed", end.reason ?? "");
  await box.works("2.0.0");
  const bytes = await box.sees("what travelled", async () => await bytesOf(box, api));
  assert.ok(bytes.fetched < image.size / 10, `${bytes.fetched} of ${image.size} bytes travelled`);
  return bytes;
}

async function endOf(box: LaboratoryBox, { id }: Update): Promise<Update> {
  return await box.sees(
    "the end of the update",
    async () => {
      const update = await box.update(id);
      const isOver = update.state === "committed" || update.fault !== null;
      return isOver ? update : undefined;
    },
    900,
  );
}

async function bytesOf(box: LaboratoryBox, api: Api): Promise<TravelFigures | undefined> {
  const { id } = await box.device();
  const path = `/api/devices/${encodeURIComponent(id)}/parameters?search=X_TONALITE_Update.Bytes`;
  const { items } = await api.get<Page<Parameter>>(path);
  const value = (name: string): number => Number(items.find((one) => one.path.endsWith(name))?.value ?? 0);
  const [fetched, reused] = [value(".BytesFetched"), value(".BytesReused")];
  return fetched + reused > 0 ? { fetched, reused } : undefined;
}
