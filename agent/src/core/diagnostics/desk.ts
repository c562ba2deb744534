import type { TestName, TestOutcome } from "./tests.ts";

/** A test somebody asked for. `by`: whom its end is told; a command brings its own settings and has its own end. */
export type TestOrder = {
  readonly id: number;
  readonly test: TestName;
  readonly by: "cwmp" | "usp-command" | "other";
  /** It would take a call's bandwidth. */
  readonly heavy: boolean;
};

/** Who waits and what runs: one test at a time, in the order of asking. */
export type Desk = {
  readonly running: TestOrder | null;
  readonly waiting: readonly TestOrder[];
  /** TR-181: a test that a CWMP session asked for starts after that session. */
  readonly inSession: boolean;
  readonly callUp: boolean;
};

export type DeskEvent =
  | { event: "requested"; order: TestOrder }
  /** The ACS cancels it, or changes a setting of it: what was asked before is void. */
  | { event: "withdrawn"; test: TestName }
  | { event: "ended"; id: number; outcome: TestOutcome }
  | { event: "session"; open: boolean }
  | { event: "call"; up: boolean };

export type DeskEffect =
  | { do: "start"; order: TestOrder }
  | { do: "abort"; order: TestOrder }
  /** Show and tell what a test came to. */
  | { do: "conclude"; order: TestOrder; outcome: TestOutcome };

export const emptyDesk: Desk = { running: null, waiting: [], inSession: false, callUp: false };

/** More than the tests there are means somebody asks for commands faster than they end. */
const mostWaiting = 8;
const disturbs: TestOutcome = { state: "Error_Other" };

export function stepDesk(desk: Desk, event: DeskEvent): { desk: Desk; effects: DeskEffect[] } {
  switch (event.event) {
    case "requested":
      return request(desk, event.order);
    case "withdrawn":
      return withdraw(desk, event.test);
    case "ended": {
      const { running } = desk;
      // An aborted test may still come to an end.
      if (running?.id !== event.id) return { desk, effects: [] };
      const rest = next({ ...desk, running: null });
      return {
        desk: rest.desk,
        effects: [{ do: "conclude", order: running, outcome: event.outcome }, ...rest.effects],
      };
    }
    case "session":
      return next({ ...desk, inSession: event.open });
    case "call":
      break;
  }
  return event.up ? makeWay(desk) : { desk: { ...desk, callUp: false }, effects: [] };
}

function request(desk: Desk, order: TestOrder): { desk: Desk; effects: DeskEffect[] } {
  // Asked again, a test starts anew; each command stands for itself.
  const cleared =
    order.by === "usp-command" ? { desk, effects: [] as DeskEffect[] } : withdraw(desk, order.test, false);
  const refused = (order.heavy && desk.callUp) || cleared.desk.waiting.length >= mostWaiting;
  if (refused) {
    const conclude: DeskEffect = { do: "conclude", order, outcome: disturbs };
    const rest = next(cleared.desk);
    return { desk: rest.desk, effects: [...cleared.effects, conclude, ...rest.effects] };
  }
  const rest = next({ ...cleared.desk, waiting: [...cleared.desk.waiting, order] });
  return { desk: rest.desk, effects: [...cleared.effects, ...rest.effects] };
}

function withdraw(desk: Desk, test: TestName, go = true): { desk: Desk; effects: DeskEffect[] } {
  const mine = (order: TestOrder): boolean => order.test === test && order.by !== "usp-command";
  const { running } = desk;
  const waiting = desk.waiting.filter((order) => !mine(order));
  if (running === null || !mine(running)) return { desk: { ...desk, waiting }, effects: [] };
  const effects: DeskEffect[] = [{ do: "abort", order: running }];
  const rest = { ...desk, running: null, waiting };
  if (!go) return { desk: rest, effects };
  const after = next(rest);
  return { desk: after.desk, effects: [...effects, ...after.effects] };
}

/** A call begins: what would take its bandwidth ends at once. */
function makeWay(desk: Desk): { desk: Desk; effects: DeskEffect[] } {
  const effects: DeskEffect[] = [];
  const heavy = desk.waiting.filter((order) => order.heavy);
  let { running } = desk;
  if (running !== null && running.heavy) {
    effects.push({ do: "abort", order: running }, { do: "conclude", order: running, outcome: disturbs });
    running = null;
  }
  for (const order of heavy) effects.push({ do: "conclude", order, outcome: disturbs });
  const waiting = desk.waiting.filter((order) => !order.heavy);
  const rest = next({ ...desk, running, waiting, callUp: true });
  return { desk: rest.desk, effects: [...effects, ...rest.effects] };
}

function next(desk: Desk): { desk: Desk; effects: DeskEffect[] } {
  if (desk.running !== null) return { desk, effects: [] };
  const order = desk.waiting.find(({ by }) => by !== "cwmp" || !desk.inSession);
  if (order === undefined) return { desk, effects: [] };
  const waiting = desk.waiting.filter((other) => other !== order);
  return { desk: { ...desk, running: order, waiting }, effects: [{ do: "start", order }] };
}
