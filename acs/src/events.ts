/** What happened, for whoever watches live (the console's event stream). A hint to look again, never the record itself. */
export type AcsEvent =
  | {
      type: "device";
      deviceId: string;
      what: "registered" | "changed" | "inform" | "boot" | "online" | "offline";
    }
  | { type: "line"; deviceId: string; line: number; status?: string; callStatus?: string }
  | { type: "call"; deviceId: string; callId: string }
  | { type: "registration"; deviceId: string; line: number; status: string }
  | { type: "journal"; deviceId: string; entries: number }
  | { type: "update"; deviceId: string; updateId: string | null; state: string }
  | { type: "command"; deviceId: string; commandId: string; state: string };

export type EventBus = {
  /** Hands the event to every subscriber; a subscriber that throws does not stop the others. */
  publish(event: AcsEvent): void;
  /** @returns a function that ends the subscription */
  subscribe(listener: (event: AcsEvent) => void): () => void;
};

/** @param onError told of an exception in a subscriber */
export function createEventBus(onError: (error: unknown) => void = () => {}): EventBus {
  const listeners = new Set<(event: AcsEvent) => void>();
  return {
    publish(event) {
      for (const listener of listeners) {
        try {
          listener(event);
        } catch (error) {
          onError(error);
        }
      }
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
