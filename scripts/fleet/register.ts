import { readFile } from "node:fs/promises";
import { randomBytes } from "node:crypto";
import type { HardwareProfile } from "@tonalite/device-profiles";
import { AcsApiError, acsApi } from "../demo/index.ts";
import type { FleetOrder } from "./command-line.ts";
import { serialOf, type Account } from "./fleet.ts";

type Registered = { credentials: { cwmpUsername: string; cwmpPassword: string } };

/** Requests under way at a time. */
const atOnce = 8;

/**
 * Makes the fleet's boxes known to the ACS, each with a line, and gives the accounts they call with. A box that is known
 * from before keeps its account, which nobody can read again: it must be given another prefix.
 * @param onProgress told how many are done
 * @throws AcsApiError, Error with what to do
 */
export async function registerFleet(
  order: FleetOrder,
  hardware: HardwareProfile,
  onProgress: (done: number) => void,
): Promise<Map<string, Account>> {
  const { api: url = "", "token-file": file = "" } = order;
  const api = acsApi(url.replace(/\/$/, ""), (await readFile(file, "utf8")).trim());
  const accounts = new Map<string, Account>();
  const { oui, productClass } = hardware;
  let next = 0;
  const work = async (): Promise<void> => {
    for (let index = next++; index < order.devices; index = next++) {
      const serialNumber = serialOf(order.prefix, index);
      const number = `09999${String(index).padStart(5, "0")}`;
      try {
        const { credentials } = await api.post<Registered>("/api/devices", {
          oui,
          productClass,
          serialNumber,
          label: `fleet ${serialNumber}`,
          profile: order.profile,
          provider: order.provider,
          region: order.region,
          lines: [
            {
              line: 1,
              directoryNumber: number,
              sipUser: number,
              domain: "fleet.test",
              sipPassword: randomBytes(12).toString("base64url"),
            },
          ],
        });
        accounts.set(serialNumber, {
          username: credentials.cwmpUsername,
          password: credentials.cwmpPassword,
        });
      } catch (error) {
        if (error instanceof AcsApiError && error.status === 409)
          throw new Error(`${error.message} Give another --prefix than ${order.prefix}.`, { cause: error });
        throw error;
      }
      onProgress(accounts.size);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return accounts;
}
