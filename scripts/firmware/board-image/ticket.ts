import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { scriptSource, signFit } from "./fit.ts";
import { requireBootKeys } from "./keys.ts";
import { fill, run } from "./tools.ts";

/**
 * Writes a ticket: a signed script that opens U-Boot's prompt on one box (docs/decisions/014-field-access.md). The box
 * takes it as text on its serial console after three Ctrl-C.
 * @param serial of the box; "" for one whose identity is lost, which only its factory should have
 * @param keys folder with the boot keys
 * @throws FirmwareToolError
 */
export function writeTicket(serial: string, keys: string, out: string): void {
  requireBootKeys(keys);
  const work = mkdtempSync(join(tmpdir(), "tonalite-ticket-"));
  try {
    const script = join(work, "ticket.cmd");
    const text = readFileSync(join(import.meta.dirname, "files/ticket.cmd"), "utf8");
    writeFileSync(script, fill(text, { SERIAL: serial }));
    // mkimage leaves the public key in a device tree; no board sees this one.
    const tree = join(work, "keys.dtb");
    run("dtc", ["-q", "-I", "dts", "-O", "dtb", "-p", "8192", "-o", tree, "-"], { input: "/dts-v1/; / {};" });
    const ticket = join(work, "ticket.fit");
    signFit(scriptSource(script, "service"), ticket, keys, tree);
    writeFileSync(out, encodeSRecords(readFileSync(ticket)));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/**
 * Motorola S-records from address 0 on, for U-Boot's `loads`: the one of its serial loaders that refuses to write over
 * U-Boot itself.
 */
export function encodeSRecords(bytes: Uint8Array): string {
  const lines: string[] = [];
  for (let address = 0; address < bytes.length; address += 32)
    lines.push(record("S3", address, bytes.subarray(address, address + 32)));
  return [...lines, record("S7", 0, new Uint8Array()), ""].join("\r\n");
}

// Count of what follows, four bytes of address, data, and the complement of the sum of all of these.
function record(kind: "S3" | "S7", address: number, data: Uint8Array): string {
  const line = Buffer.alloc(5 + data.length + 1);
  line.writeUInt8(line.length - 1, 0);
  line.writeUInt32BE(address, 1);
  line.set(data, 5);
  const sum = line.reduce((total, byte) => total + byte, 0);
  line.writeUInt8(~sum & 0xff, line.length - 1);
  return `${kind}${line.toString("hex").toUpperCase()}`;
}
