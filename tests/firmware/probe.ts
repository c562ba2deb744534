import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { imageTool, powerUp, withFolder, type Box } from "./box.ts";
import { openDisk, type Disk } from "./disk.ts";

/**
 * What stands before the agent in a probed image: it asks the box's ACS for a script of the test and runs it with the
 * agent's rights, then the agent starts. Plain node:http, because fetch needs a compiler that the agent runs without.
 */
const prefix = `
const probed = await (async () => {
  const http = await import("node:http");
  const { createRequire } = await import("node:module");
  const { setTimeout: pause } = await import("node:timers/promises");
  const url = new URL("probe", process.argv[process.argv.indexOf("--acs") + 1]);
  for (let attempt = 0; attempt < 40; attempt++) {
    const text = await new Promise((resolve) => {
      http.get(url, { agent: false }, (answer) => {
        let body = "";
        answer.on("data", (bytes) => (body += bytes)).on("end", () => resolve(body));
      }).on("error", () => resolve(undefined));
    });
    if (text !== undefined) {
      const run = new Function("require", "say", "return (async () => {" + text + "})()");
      return await run(createRequire("/opt/tonalite/"), (what) => console.log("probe: " + JSON.stringify(what)));
    }
    await pause(250);
  }
})();
`;

/** A copy of a built agent that runs the test's script before it starts. */
export function probedAgent(agent: string, to: string): string {
  cpSync(agent, to, { recursive: true });
  const program = join(to, "agent.mjs");
  writeFileSync(program, `${prefix}\n${readFileSync(program, "utf8")}`);
  return to;
}

/** A box of a probed image, and what it asks of its ACS. */
export type ProbedBox = {
  disk: Disk;
  /** Boots it; a box that runs already loses its power. */
  boot: () => Promise<Box>;
  /** Waits for what the script says. @throws Error when it does not come */
  said: (patienceMs: number) => Promise<unknown>;
  /** CWMP messages that came so far. */
  informs: () => number;
};

/**
 * Makes a box whose agent runs `script` (the body of an async function of `require` and `say`) at each of its starts.
 * @param answer what the ACS answers to a GET besides the script
 */
export async function withProbedBox<T>(
  image: string,
  script: string,
  use: (box: ProbedBox) => Promise<T>,
): Promise<T> {
  return await withFolder(async (folder) => {
    let informs = 0;
    const server = createServer((request, response) => {
      if (request.method === "POST") informs += 1;
      response.writeHead(request.method === "GET" ? 200 : 503, { connection: "close" });
      response.end(request.method === "GET" ? script : "");
      request.resume();
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const file = join(folder, "disk.img");
    imageTool(
      ["factory", "--image", image, "--serial", "QEMU0003", "--acs", `http://10.0.2.2:${port}/`],
      ["--out", file],
    );
    let running: Box | undefined;
    try {
      return await use({
        disk: openDisk(file),
        async boot() {
          await running?.stop();
          running = powerUp(image, file, 256, 420_000);
          return running;
        },
        async said(patienceMs) {
          if (!running) throw new Error("the box has no power");
          const { match } = await running.line(/probe: (.*)\r?\n/, patienceMs);
          return JSON.parse(match[1] ?? "null") as unknown;
        },
        informs: () => informs,
      });
    } finally {
      await running?.stop();
      server.close();
    }
  });
}
