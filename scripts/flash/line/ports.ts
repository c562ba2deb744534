import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { SerialPort } from "serialport";

/** A port of this machine and what is attached to it, as far as its adapter says. */
export type PortInfo = { path: string; attached: string };

/** Serial ports, best first: USB adapters before built-in ones. */
export async function listPorts(): Promise<PortInfo[]> {
  const found = await listByLibrary();
  return found.toSorted(
    (left, right) => rank(left) - rank(right) || left.path.localeCompare(right.path, "en", { numeric: true }),
  );
}

function rank({ path }: PortInfo): number {
  return /USB|ACM|usb/.test(path) ? 0 : 1;
}

async function listByLibrary(): Promise<PortInfo[]> {
  try {
    const ports = await SerialPort.list();
    return ports
      .filter(({ path }) => !isUnwired(path))
      .map(({ path, manufacturer, serialNumber, vendorId, productId }) => ({
        path,
        attached: [manufacturer, vendorId && `${vendorId}:${productId ?? "?"}`, serialNumber]
          .filter((part) => part !== undefined && part !== "")
          .join(" "),
      }));
  } catch {
    // Small systems have no udevadm, which the library asks on Linux.
    return listBySystem();
  }
}

const classFolder = "/sys/class/tty";

function listBySystem(): PortInfo[] {
  let names: string[];
  try {
    names = readdirSync(classFolder);
  } catch {
    return [];
  }
  return names.flatMap((name) => {
    const path = `/dev/${name}`;
    return driverOf(name) === undefined || isUnwired(path)
      ? []
      : [{ path, attached: readText(join(classFolder, name, "device/../../product")) }];
  });
}

/** Kernel driver of a tty; virtual consoles have none. */
function driverOf(name: string): string | undefined {
  try {
    return readlinkSync(join(classFolder, name, "device/driver"));
  } catch {
    return undefined;
  }
}

// The kernel keeps names for PC ports (8250) that no chip is behind: type 0 (include/uapi/linux/serial.h, PORT_UNKNOWN).
function isUnwired(path: string): boolean {
  return path.startsWith("/dev/ttyS") && readText(join(classFolder, path.slice(5), "type")) === "0";
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8").trim();
  } catch {
    return "";
  }
}
