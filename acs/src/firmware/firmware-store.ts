import { randomUUID } from "node:crypto";
import { mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { maximumPayload } from "@tonalite/agent/core/firmware";
import type { Kysely, Selectable } from "kysely";
import { ApiProblem } from "../api/problem.ts";
import type { FirmwareImage } from "../api/schemas.ts";
import { appendAudit } from "../audit/audit.ts";
import type { Database, FirmwareImagesTable } from "../store/database.ts";
import { ImageReader, type ImageFacts } from "./image-reader.ts";
import { readTrustedKeys, signatureCheck, TrustError, type TrustedKeys } from "./trust.ts";

/** Most bytes of an upload: a full payload and room for the header. */
export const maximumImage = maximumPayload + 1024 * 1024;
const maximumUploads = 2;

export type FirmwareStore = {
  /**
   * Takes an image from a stream: judged while it goes to a temporary file, durable before its row is.
   * @returns the image, and whether it is new (the same file again is the same image)
   * @throws ApiProblem `image-refused`, `too-large`, `conflict` (no trusted keys), `busy`
   */
  add(
    stream: AsyncIterable<Buffer>,
    by: { name: string; fileName?: string | undefined },
  ): Promise<{ image: FirmwareImage; added: boolean }>;
  list(): Promise<FirmwareImage[]>;
  /** An image's row and the path of its file, or undefined. */
  find(id: string): Promise<{ image: FirmwareImage; path: string } | undefined>;
};

/** Opens the firmware store in `<dataDir>/firmware`; what an interrupted upload left behind is removed. */
export async function openFirmwareStore(db: Kysely<Database>, dataDir: string): Promise<FirmwareStore> {
  const folder = join(dataDir, "firmware");
  const drafts = join(folder, "incoming");
  await mkdir(drafts, { recursive: true });
  for (const left of await readdir(drafts)) await rm(join(drafts, left), { force: true });
  const pathOf = (sha256: string) => join(folder, `${sha256}.img`);
  let uploads = 0;

  return {
    async add(stream, by) {
      if (uploads >= maximumUploads)
        throw new ApiProblem(
          "busy",
          `${maximumUploads} images are being uploaded already.`,
          "Try again when they are done.",
        );
      uploads += 1;
      const draft = join(drafts, randomUUID());
      try {
        const facts = await receive(stream, draft, new ImageReader(signatureCheck(await trusted(dataDir))));
        await keep(draft, pathOf(facts.sha256), folder);
        return await record(db, facts, by);
      } finally {
        uploads -= 1;
        await rm(draft, { force: true });
      }
    },
    async list() {
      const rows = await db
        .selectFrom("firmware_images")
        .selectAll()
        .orderBy("uploaded_at", "desc")
        .limit(1000)
        .execute();
      return rows.map(toImage);
    },
    async find(id) {
      const row = await db.selectFrom("firmware_images").selectAll().where("id", "=", id).executeTakeFirst();
      if (!row) return undefined;
      return { image: toImage(row), path: pathOf(row.sha256) };
    },
  };
}

async function trusted(dataDir: string): Promise<TrustedKeys> {
  const remedy =
    "Put the publisher's Ed25519 public key (PEM) into the folder trust of the ACS's data folder.";
  try {
    const keys = await readTrustedKeys(join(dataDir, "trust"));
    if (keys.size > 0) return keys;
  } catch (error) {
    if (error instanceof TrustError) throw new ApiProblem("conflict", error.message, remedy);
    throw error;
  }
  throw new ApiProblem("conflict", "This ACS trusts no publisher yet, so it can take no image.", remedy);
}

async function receive(
  stream: AsyncIterable<Buffer>,
  draft: string,
  reader: ImageReader,
): Promise<ImageFacts> {
  const file = await open(draft, "wx", 0o600);
  try {
    let size = 0;
    for await (const chunk of stream) {
      size += chunk.length;
      if (size > maximumImage)
        throw new ApiProblem(
          "too-large",
          `An image has at most ${maximumImage} bytes.`,
          "Build a smaller image.",
        );
      reader.take(chunk);
      await file.write(chunk);
    }
    const facts = reader.finish();
    await file.sync();
    return facts;
  } finally {
    await file.close();
  }
}

/** Moves a finished draft to its place; the name is the hash, so whoever comes second brings the same bytes. */
async function keep(draft: string, path: string, folder: string): Promise<void> {
  if (await exists(path)) return;
  await rename(draft, path);
  const directory = await open(folder, "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

async function record(
  db: Kysely<Database>,
  { manifest, size, sha256 }: ImageFacts,
  by: { name: string; fileName?: string | undefined },
): Promise<{ image: FirmwareImage; added: boolean }> {
  return db.transaction().execute(async (transaction) => {
    const inserted = await transaction
      .insertInto("firmware_images")
      .values({
        id: randomUUID(),
        version: manifest.version,
        hardware: manifest.hardware,
        security_floor: manifest.securityFloor,
        size,
        sha256,
        payload_sha256: manifest.payload.sha256,
        key_id: manifest.keyId,
        manifest: JSON.stringify(manifest),
        file_name: by.fileName ?? `${manifest.product}-${manifest.version}.img`,
        uploaded_at: new Date(),
        uploaded_by: by.name,
      })
      .onConflict((conflict) => conflict.column("sha256").doNothing())
      .returningAll()
      .executeTakeFirst();
    if (!inserted) {
      const known = await transaction
        .selectFrom("firmware_images")
        .selectAll()
        .where("sha256", "=", sha256)
        .executeTakeFirstOrThrow();
      return { image: toImage(known), added: false };
    }
    const detail = { imageId: inserted.id, version: manifest.version, sha256, keyId: manifest.keyId };
    await appendAudit(transaction, { actor: by.name, action: "upload-firmware", detail });
    return { image: toImage(inserted), added: true };
  });
}

function toImage(row: Selectable<FirmwareImagesTable>): FirmwareImage {
  return {
    id: row.id,
    version: row.version,
    hardware: row.hardware,
    securityFloor: row.security_floor,
    size: row.size,
    sha256: row.sha256,
    payloadSha256: row.payload_sha256,
    keyId: row.key_id,
    fileName: row.file_name,
    uploadedAt: row.uploaded_at.toISOString(),
    uploadedBy: row.uploaded_by ?? "",
  };
}
