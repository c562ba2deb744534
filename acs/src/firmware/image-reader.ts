import { createHash } from "node:crypto";
import {
  decodeImageHeader,
  FirmwareError,
  imageHeaderSize,
  judgeSignature,
  maximumPayload,
  prefixSize,
  type ImageManifest,
  type SignatureCheck,
} from "@tonalite/agent/core/firmware";
import { ApiProblem } from "../api/problem.ts";

/** What a whole, good image turned out to be. */
export type ImageFacts = { manifest: ImageManifest; size: number; sha256: string };

const remedy = "Build and sign the image again, with a key whose public half lies in the ACS's trust folder.";

/**
 * Judges an image while it streams by: the signature as soon as the header is complete, then the payload's size and
 * hash. Holds the header at most, whatever arrives.
 */
export class ImageReader {
  readonly #check: SignatureCheck;
  readonly #whole = createHash("sha256");
  readonly #payload = createHash("sha256");
  #head: Buffer | undefined = Buffer.alloc(0);
  #manifest: ImageManifest | undefined;
  #size = 0;
  #payloadSize = 0;

  constructor(check: SignatureCheck) {
    this.#check = check;
  }

  /** @throws ApiProblem `image-refused` as soon as the image cannot be good any more */
  take(chunk: Buffer): void {
    this.#size += chunk.length;
    this.#whole.update(chunk);
    if (this.#head === undefined) this.#takePayload(chunk);
    else this.#takeHead(Buffer.concat([this.#head, chunk]));
  }

  /** @throws ApiProblem `image-refused` when the image is cut short or its payload is not the signed one */
  finish(): ImageFacts {
    if (!this.#manifest) throw refused("The file ends inside the image's header.");
    const { payload } = this.#manifest;
    if (this.#payloadSize < payload.size)
      throw refused(`The image is cut short: ${this.#payloadSize} of ${payload.size} payload bytes arrived.`);
    if (this.#payload.digest("hex") !== payload.sha256)
      throw refused("The image's content is not what was signed.");
    return { manifest: this.#manifest, size: this.#size, sha256: this.#whole.digest("hex") };
  }

  #takeHead(head: Buffer): void {
    try {
      if (head.length < prefixSize || head.length < imageHeaderSize(head)) {
        this.#head = head;
        return;
      }
      const header = decodeImageHeader(head);
      const refusal = judgeSignature(header, this.#check);
      if (refusal) throw refused(`${capital(refusal.reason)}.`);
      this.#manifest = header.manifest;
      this.#head = undefined;
      this.#takePayload(head.subarray(header.payloadOffset));
    } catch (error) {
      if (error instanceof FirmwareError) throw refused(`${capital(error.message)}.`, error);
      throw error;
    }
  }

  #takePayload(chunk: Buffer): void {
    this.#payloadSize += chunk.length;
    const expected = this.#manifest?.payload.size ?? maximumPayload;
    if (this.#payloadSize > expected)
      throw refused(`The file goes on after the ${expected} payload bytes that were signed.`);
    this.#payload.update(chunk);
  }
}

function refused(detail: string, cause?: unknown): ApiProblem {
  const problem = new ApiProblem("image-refused", detail, remedy);
  if (cause !== undefined) problem.cause = cause;
  return problem;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
