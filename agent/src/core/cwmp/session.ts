import { converse } from "./conversation.ts";
import { changeAcs, fail, passTime, request, start } from "./course.ts";
import type { Cpe, CpeEvent, Step } from "./cpe.ts";
import { isPending, saved } from "./cpe.ts";
import { addChange, addEvent, maximumCalls, maximumScheduled, maximumTransfers } from "./events.ts";
import { otherVersion } from "./report.ts";

/** One step of the device's side of TR-069 §3.7.2. Pure: the shell executes the effects in their order. */
export function stepCpe(cpe: Cpe, event: CpeEvent): Step {
  switch (event.event) {
    case "occurred": {
      const { eventCode, commandKey } = event;
      return request(saved({ ...cpe, queue: addEvent(cpe.queue, { eventCode, commandKey }) }, cpe));
    }
    case "changed": {
      const change =
        event.lasting === true ? { path: event.path, lasting: true as const } : { path: event.path };
      const changed = saved({ ...cpe, queue: addChange(cpe.queue, change) }, cpe);
      return event.active ? request(changed) : changed;
    }
    case "changes-due":
      // Another session may have told them meanwhile.
      return cpe.queue.changed.length > 0 ? request({ cpe, effects: [] }) : { cpe, effects: [] };
    case "called":
      return request(saved({ ...cpe, calls: [...cpe.calls, event.call].slice(-maximumCalls) }, cpe));
    case "stopping":
      return saved({ ...cpe, tried: true }, cpe);
    case "transferred": {
      const transfers = [...cpe.transfers, event.transfer].slice(-maximumTransfers);
      return request(saved({ ...cpe, transfers }, cpe));
    }
    case "schedule": {
      const { at, commandKey } = event;
      return saved(
        { ...cpe, scheduled: [...cpe.scheduled, { at, commandKey }].slice(-maximumScheduled) },
        cpe,
      );
    }
    case "time":
      return passTime(cpe, event.now);
    case "acs-changed":
      return changeAcs(cpe, event.url);
    case "enabled": {
      const switched = { ...cpe, enabled: event.enabled };
      return event.enabled && isPending(switched)
        ? request({ cpe: switched, effects: [] })
        : { cpe: switched, effects: [] };
    }
    case "retry-due":
      return cpe.session.state === "waiting" ? start(cpe) : { cpe, effects: [] };
    case "failed":
      return fail(event.misread === true ? otherVersion(cpe) : cpe, event.reason);
    case "received":
    case "received-nothing":
    case "received-garbage":
    case "executed":
      break;
  }
  return converse(cpe, event);
}
