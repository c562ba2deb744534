import type { ServerEvent } from "@tonalite/acs/api";

/** Events of a `text/event-stream` (WHATWG HTML, section 9.2.6): only `data` lines matter here. */
export async function* readEvents(stream: ReadableStream<string>): AsyncGenerator<ServerEvent> {
  let rest = "";
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const blocks = (rest + value).split("\n\n");
      rest = blocks.pop() ?? "";
      for (const block of blocks) {
        const data = block
          .split("\n")
          .filter((line) => line.startsWith("data:"))
          .map((line) => line.slice(5).trimStart())
          .join("\n");
        if (data !== "") yield JSON.parse(data) as ServerEvent;
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
