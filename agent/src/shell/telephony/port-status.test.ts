import { expect, it } from "vitest";
import { createDeviceModel } from "../../core/data-model/index.ts";
import type { Log } from "../logging.ts";
import { openPortStatus } from "./port-status.ts";

const log = { info: () => {}, error: () => {} } as Partial<Log> as Log;
const path = "Device.Services.VoiceService.1.POTS.FXS.1.";

it("a port shows whether it works, and is not called broken when it is switched off", () => {
  const model = createDeviceModel({ lines: 1 });
  const port = openPortStatus(0, model, log);
  const told = {
    seq: 1,
    t: 1,
    dropped: 0,
    event: "port",
    line: 0,
    code: 19,
    reason: "No such device",
  } as const;
  const seen = (): string => model.value(`${path}Status`);
  expect(seen()).toBe("Up");
  port.take({ ...told, usable: false });
  expect(seen()).toBe("Error");
  port.show(); // provisioning, too
  expect(seen()).toBe("Error");
  model.write([{ path: `${path}Enable`, value: "false" }], "cwmp");
  port.show();
  expect(seen()).toBe("Disabled");
  model.write([{ path: `${path}Enable`, value: "true" }], "cwmp");
  port.take({ ...told, usable: true, code: 0, reason: "" });
  expect(seen()).toBe("Up");
});
