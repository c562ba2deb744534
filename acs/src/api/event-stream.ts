import type { ServerResponse } from "node:http";
import type { EventBus } from "../events.ts";
import type { ServerEvent } from "./schemas.ts";

const heartbeatMs = 15_000;
const maximumBuffered = 256 * 1024;

/** Live streams of server-sent events (WHATWG HTML, section 9.2), bounded in number and in what a slow reader may hold up. */
export class EventStreams {
  readonly #bus: EventBus;
  readonly #maximum: number;
  readonly #open = new Set<() => void>();

  constructor(bus: EventBus, maximum = 200) {
    this.#bus = bus;
    this.#maximum = maximum;
  }

  get full(): boolean {
    return this.#open.size >= this.#maximum;
  }

  /**
   * Writes events to `response` until its reader goes, falls behind, or is no longer allowed to read.
   * @param wanted which events
   * @param allowed asked at every heartbeat
   */
  serve(
    response: ServerResponse,
    wanted: (event: ServerEvent) => boolean,
    allowed: () => Promise<boolean>,
  ): void {
    response.writeHead(200, {
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-store",
      connection: "keep-alive",
      "x-accel-buffering": "no",
    });
    const end = () => {
      if (!this.#open.delete(end)) return;
      clearInterval(timer);
      unsubscribe();
      response.end();
    };
    const write = (text: string) => {
      // Events are hints: a reader that fell behind comes back and reads everything anew.
      if (response.writableLength > maximumBuffered) {
        end();
        response.destroy();
      } else response.write(text);
    };
    const unsubscribe = this.#bus.subscribe((event) => {
      if (wanted(event)) write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
    });
    const timer = setInterval(() => {
      write(": still here\n\n");
      allowed().then((still) => still || end(), end);
    }, heartbeatMs);
    this.#open.add(end);
    response.on("close", end);
    response.on("error", end);
    write("retry: 2000\n\n");
  }

  closeAll(): void {
    for (const end of this.#open) end();
  }
}
