import { FirmwareToolError } from "../problem.ts";
import { served, type Folder } from "./folder.ts";

/**
 * Gives the files of a repository to an ACS, which judges them as a device does before it serves them.
 * @throws FirmwareToolError with the ACS's own words when it refuses
 */
export async function publishRepository(folder: Folder, acs: string, token: string): Promise<object> {
  let answer: Response;
  try {
    answer = await fetch(new URL("/api/release", acs), {
      method: "PUT",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify({ files: served(folder) }),
      signal: AbortSignal.timeout(60_000),
    });
  } catch (cause) {
    throw new FirmwareToolError(`${acs} cannot be reached`, { cause });
  }
  const body = (await answer.json().catch(() => ({}))) as { title?: string; detail?: string };
  if (!answer.ok)
    throw new FirmwareToolError(`the ACS refuses: ${answer.status} ${body.detail ?? body.title ?? ""}`);
  return body;
}
