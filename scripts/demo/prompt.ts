import type { Interface } from "node:readline/promises";
import { askPhone, requestOf, wordsOf } from "@tonalite/agent/phone";
import { services } from "./world.ts";
import type { World } from "./world.ts";

const help = `  lift            lift the handset
  dial NUMBER     press the keys (${Object.keys(services).join(", ")}, or 112 to hear a refusal)
  heard           what the ear heard: tone, caller ID, keys
  flash           press the R key
  record FILE|off write what the ear hears to a WAV file
  hang up         put the handset down
  call me         somebody calls the box
  speak           say something (a tone of 1 kHz for two seconds)
  status          the box as the ACS sees it
  services        what the laboratory's numbers do
  quit            end all`;

/** The interactive telephone of `npm start`; returns at `quit` or at the end of the input. */
export async function runPrompt(world: World, terminal: Interface): Promise<void> {
  console.log(`${help}\n`);
  terminal.setPrompt("telephone> ");
  terminal.prompt();
  for await (const line of terminal) {
    const [word = "", ...rest] = line.trim().split(/\s+/);
    if (word === "quit" || word === "exit") return;
    try {
      const answer = await act(world, word, rest);
      if (answer !== "") console.log(answer);
    } catch (error) {
      console.log(error instanceof Error ? error.message : String(error));
    }
    terminal.prompt();
  }
}

async function act(world: World, word: string, rest: string[]): Promise<string> {
  switch (word) {
    case "":
      return "";
    case "call":
      await world.call();
      return "Alice Martin calls: `heard` shows the rings and the caller ID, `lift` answers.";
    case "status":
      return status(world);
    case "services":
      return Object.entries(services)
        .map(([number, what]) => `  ${number} ${what}`)
        .join("\n");
    case "help":
    case "?":
      return help;
  }
  const request = requestOf([word, ...rest]);
  if (request === undefined) return `unknown: ${[word, ...rest].join(" ")}; \`help\` lists what there is`;
  return wordsOf(request, await askPhone(world.ata.stateDir, request));
}

async function status(world: World): Promise<string> {
  type Device = {
    softwareVersion: string | null;
    connection: string;
    lines: { directoryNumber: string | null; status: string | null; callStatus: string | null }[];
  };
  const device = await world.acs.api.get<Device>(`/api/devices/${encodeURIComponent(world.deviceId)}`);
  const lines = device.lines.map(
    (line) => `  line ${line.directoryNumber}: ${line.status}, ${line.callStatus}`,
  );
  return [`firmware ${device.softwareVersion}, reached by ${device.connection}`, ...lines].join("\n");
}
