import { pino } from "pino";
import { describe, expect, it } from "vitest";
import { createDeviceModel } from "../../core/data-model/index.ts";
import { openMessageSubscription } from "./message-subscription.ts";

const networks = "Device.Services.VoiceService.1.SIP.Network.";
const log = pino({ level: "silent" });
const event = (state: "active" | "failed", code: number, reason: string) =>
  ({ seq: 1, t: 1, dropped: 0, event: "subscription", line: 0, state, code, reason }) as const;

describe("asking for waiting messages", () => {
  it("is told as it goes, in the row of the line's network", () => {
    const model = createDeviceModel({ lines: 1 });
    const row = `${networks}1.EventSubscribe.1.`;
    const status = () => [model.value(`${row}X_TONALITE_Status`), model.value(`${row}X_TONALITE_Reason`)];
    const subscription = openMessageSubscription(0, model, log);
    subscription.renew();
    expect(status()).toEqual(["Disabled", ""]);
    model.write([{ path: `${row}Enable`, value: "true" }], "cwmp");
    subscription.renew();
    expect(status()).toEqual(["Subscribing", ""]);
    subscription.take(event("failed", 489, "Bad Event"));
    expect(status()).toEqual(["Error", "489 Bad Event"]);
    subscription.take(event("active", 200, ""));
    subscription.renew();
    expect(status()).toEqual(["Up", ""]);
    model.write([{ path: `${row}Enable`, value: "false" }], "cwmp");
    subscription.renew();
    expect(status()).toEqual(["Disabled", ""]);
    subscription.take(event("failed", 408, "Request Timeout"));
    expect(status()).toEqual(["Disabled", ""]);
  });

  it("goes with a network that management added, and may delete", () => {
    const model = createDeviceModel({ lines: 1 });
    expect(model.addRow(networks)).toEqual({ ok: true, instance: 2 });
    expect(model.value(`${networks}2.EventSubscribeNumberOfEntries`)).toBe("1");
    model.write(
      [
        { path: `${networks}2.EventSubscribe.1.Enable`, value: "true" },
        {
          path: "Device.Services.VoiceService.1.SIP.Client.1.Network",
          value: "Device.Services.VoiceService.1.SIP.Network.2",
        },
      ],
      "cwmp",
    );
    const subscription = openMessageSubscription(0, model, log);
    subscription.renew();
    expect(model.value(`${networks}2.EventSubscribe.1.X_TONALITE_Status`)).toBe("Subscribing");
    expect(model.addRow(`${networks}2.EventSubscribe.`)).toMatchObject({ ok: false });
    expect(model.deleteRow(`${networks}2.`)).toMatchObject({ ok: true });
    subscription.renew();
    subscription.take(event("active", 200, ""));
  });
});
