/** `npm run phone`: the virtual telephone of an ATA, as a command or as a prompt. Exit code 0 done, 1 refused, 2 misused. */
import { createInterface } from "node:readline/promises";
import { parseArgs } from "node:util";
import { askPhone } from "./phone-client.ts";
import type { PhoneAsk } from "./phone-client.ts";
import { requestOf, usage, wordsOf } from "./phone-words.ts";

type Options = { state: string; line: number; json: boolean };

function readOptions(): { options: Options; words: string[] } | undefined {
  try {
    const { values, positionals } = parseArgs({
      options: {
        state: { type: "string" },
        line: { type: "string", default: "1" },
        json: { type: "boolean", default: false },
      },
      allowPositionals: true,
    });
    if (values.state === undefined) return undefined;
    return {
      options: { state: values.state, line: Number(values.line), json: values.json },
      words: positionals,
    };
  } catch {
    return undefined;
  }
}

async function act(options: Options, request: PhoneAsk): Promise<boolean> {
  try {
    const reply = await askPhone(options.state, { ...request, line: options.line });
    console.log(options.json ? JSON.stringify(reply) : wordsOf(request, reply));
    return reply.ok;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    console.log(options.json ? JSON.stringify({ ok: false, error: message }) : message);
    return false;
  }
}

async function prompt(options: Options): Promise<void> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  console.log(`The telephone of ${options.state}. "help" lists the commands.`);
  terminal.setPrompt("phone> ");
  terminal.prompt();
  for await (const line of terminal) {
    const words = line.trim().split(/\s+/).filter(Boolean);
    if (words[0] === "quit" || words[0] === "exit") break;
    const request = requestOf(words);
    if (request) await act(options, request);
    else if (words.length > 0) console.log(usage);
    terminal.prompt();
  }
  terminal.close();
}

const read = readOptions();
const request = read && read.words.length > 0 ? requestOf(read.words) : undefined;
if (!read || (read.words.length > 0 && !request)) {
  console.error(usage);
  process.exitCode = 2;
} else if (request) process.exitCode = (await act(read.options, request)) ? 0 : 1;
else await prompt(read.options);
