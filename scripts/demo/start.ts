import { existsSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createKeyPair } from "../firmware/index.ts";
import { freeTcpPort, freeUdpPort } from "../telephony/index.ts";
import { runPrompt } from "./prompt.ts";
import { domain, startWorld } from "./world.ts";

const help = `usage: npm start -- [--dir DIR] [--no-prompt]

Brings up a small provider on this machine: ACS with store and broker, SIP registrar, far ends, and one virtual ATA
that provisions itself. Then works the virtual telephone from this terminal. Ctrl-C ends all.

  --dir DIR     where everything is kept (default: .tonalite in the repository); delete it to begin anew
  --no-prompt   only run; use \`npm run phone\` from another terminal`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      dir: { type: "string", default: join(import.meta.dirname, "../../.tonalite") },
      "no-prompt": { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return console.log(help);
  const ports = {
    http: await freeTcpPort(8080),
    cwmp: await freeTcpPort(7547),
    mqtt: await freeTcpPort(1883),
    sip: await freeUdpPort(5060),
  };
  const keyFile = join(values.dir, "signing/firmware.pem");
  if (!existsSync(keyFile)) createKeyPair(join(values.dir, "signing"));
  const world = await startWorld({
    dir: values.dir,
    ports,
    trust: [{ name: "demo", pem: readFileSync(keyFile, "utf8") }],
    releases: true,
    progress: (step) => console.log(`starting ${step} …`),
  });
  let ending = false;
  const end = async (code: number): Promise<void> => {
    if (ending) return;
    ending = true;
    console.log("\nending …");
    await world.stop();
    process.exit(code);
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => void end(0));
  for (const [name, part] of [
    ["ACS", world.acs.child],
    ["virtual ATA", world.ata.child],
    ["registrar", world.registrar.child],
  ] as const)
    void part.ended.then(async (code) => {
      if (ending) return;
      console.error(`\nThe ${name} ended by itself (code ${code}). Its last words:\n${part.output()}`);
      await end(1);
    });

  console.log(`
Tonalité runs.
  Console    ${world.acs.api.url}/          token: ${join(world.dir, "acs/admin-token")}
  API        ${world.acs.api.url}/docs
  Box        ${world.deviceId}, number ${world.number}@${domain}
  Telephone  type below, or in another terminal: npm run phone -- --state ${world.ata.stateDir} lift
  Firmware   npm run firmware -- build --from agent/dist/image --version 1.0.0 --hardware virtual/sim \\
               --key ${join(values.dir, "signing/firmware.key")} --out update.img
             npm run firmware -- repository add update.img --dir ${join(values.dir, "release")} \\
               --trust ${join(world.dir, "acs/trust")} --release-key ${join(values.dir, "signing/release.key")} \\
               --online-key ${join(values.dir, "signing/online.key")} \\
               --acs ${world.acs.api.url} --token-file ${join(world.dir, "acs/admin-token")}
             then upload it in the console
`);
  if (values["no-prompt"] || !process.stdin.isTTY) return;
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  terminal.on("SIGINT", () => void end(0));
  await runPrompt(world, terminal);
  await end(0);
}

await main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
