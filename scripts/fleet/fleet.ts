import { setTimeout as pause } from "node:timers/promises";
import { createLightBox, type LightBox } from "@tonalite/agent/light-box";
import type { HardwareProfile } from "@tonalite/device-profiles";
import type { FleetOrder } from "./command-line.ts";
import { FleetCount, type FleetFigures } from "./figures.ts";

export type Account = { username: string; password: string };

/** A fleet of light boxes, and what they did. */
export type Fleet = {
  /** Switches all of them on, `rate` a second; then lets happen what the order says, until `stop`. */
  run: () => Promise<void>;
  stop: () => Promise<void>;
  figures: () => FleetFigures;
};

export const serialOf = (prefix: string, index: number): string =>
  `${prefix}${String(index + 1).padStart(5, "0")}`;

/** How often a share of the fleet is picked for a power cut. */
const churnMs = 1000;
const atOnce = 200;

/** @param accounts by serial number, where the ACS knows the boxes */
export function createFleet(
  order: FleetOrder,
  hardware: HardwareProfile,
  accounts: ReadonlyMap<string, Account>,
): Fleet {
  const count = new FleetCount();
  const boxes = Array.from({ length: order.devices }, (_, index) => boxOf(serialOf(order.prefix, index)));
  const ended = new AbortController();

  function boxOf(serialNumber: string): LightBox {
    const { sessionEnded, ...log } = count.logOf();
    const { username = "", password = "" } = accounts.get(serialNumber) ?? {};
    const box = createLightBox({
      hardware,
      serialNumber,
      version: "1.0.0",
      acs: { url: order.acs, username, password },
      usp: order.usp !== undefined,
      bootMs: order.boot * 1000,
      log,
      sessionEnded,
      updateFails: () => Math.random() * 100 < order["fail-updates"],
      wholeImages: order["whole-images"],
      updated: (outcome) => (count.updates[outcome] += 1),
    });
    const changes = [{ path: "Device.ManagementServer.PeriodicInformInterval", value: String(order.period) }];
    if (order.usp !== undefined) {
      const { hostname, port, protocol } = new URL(order.usp);
      const transport = protocol === "mqtts:" ? "TLS" : "TCP/IP";
      changes.push(
        { path: "Device.MQTT.Client.1.BrokerAddress", value: hostname },
        { path: "Device.MQTT.Client.1.TransportProtocol", value: transport },
      );
      if (port !== "") changes.push({ path: "Device.MQTT.Client.1.BrokerPort", value: port });
    }
    box.model.write(changes, "cli");
    return box;
  }

  async function churn(): Promise<void> {
    let due = 0;
    while (!ended.signal.aborted) {
      await pause(churnMs);
      due += (order.devices * order.churn * churnMs) / (100 * 60_000);
      for (; due >= 1; due -= 1) {
        const box = boxes[Math.floor(Math.random() * boxes.length)];
        if (box?.isUp === true && !ended.signal.aborted) void box.powerOn();
      }
    }
  }

  async function storm(seconds: number): Promise<void> {
    await pause(seconds * 1000);
    if (!ended.signal.aborted) await Promise.all(boxes.map((box) => box.powerOn()));
  }

  return {
    async run() {
      for (const [index, box] of boxes.entries()) {
        if (ended.signal.aborted) return;
        void box.powerOn();
        if ((index + 1) % Math.ceil(order.rate / 10) === 0)
          await pause((1000 * Math.ceil(order.rate / 10)) / order.rate);
      }
      if (order.churn > 0) void churn();
      if (order.storm !== undefined) void storm(order.storm);
    },
    async stop() {
      ended.abort();
      for (let index = 0; index < boxes.length; index += atOnce)
        await Promise.all(boxes.slice(index, index + atOnce).map((box) => box.powerOff()));
    },
    figures: () => count.figures(order.devices, boxes.filter(({ isUp }) => isUp).length),
  };
}
