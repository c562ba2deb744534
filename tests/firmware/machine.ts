import { connect, type Socket } from "node:net";
import { createInterface, type Interface } from "node:readline";

/** QEMU's machine protocol (docs/interop/qmp-spec.txt): one JSON object a line, both ways. */
export type Machine = {
  /** As if somebody pressed the reset button: what was not on the disk yet is lost. */
  reset: () => Promise<void>;
  close: () => void;
};

/** Connects to a machine that was started with a control socket. @throws Error when there is none */
export async function connectMachine(path: string): Promise<Machine> {
  const socket = await connected(path);
  const lines = createInterface({ input: socket });
  const execute = async (command: string): Promise<void> => {
    const answer = nextAnswer(lines);
    socket.write(`${JSON.stringify({ execute: command })}\n`);
    await answer;
  };
  await execute("qmp_capabilities");
  return { reset: async () => await execute("system_reset"), close: () => socket.destroy() };
}

// The socket appears when QEMU has started.
async function connected(path: string): Promise<Socket> {
  for (let attempt = 0; ; attempt += 1) {
    const socket = connect(path);
    const opened = new Promise<boolean>((resolve) => {
      socket.once("connect", () => resolve(true));
      socket.once("error", () => resolve(false));
    });
    if (await opened) return socket;
    if (attempt === 100) throw new Error("QEMU opened no control socket");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

// Events and the greeting come between.
async function nextAnswer(lines: Interface): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const hear = (line: string): void => {
      const said = JSON.parse(line) as Record<string, unknown>;
      if (!("return" in said) && !("error" in said)) return;
      lines.off("line", hear);
      if ("error" in said) reject(new Error(`QEMU: ${JSON.stringify(said["error"])}`));
      else resolve();
    };
    lines.on("line", hear);
  });
}
