import { readFileSync, watch } from "node:fs";
import { basename, dirname } from "node:path";
import {
  BootstrapError,
  isConfigured,
  judgeOffer,
  type LeaseOffer,
  longestBootstrap,
  networkLease,
  readBootstrapFile,
  readLease,
} from "../../core/cwmp/index.ts";
import type { DataModel } from "../../core/data-model/index.ts";
import type { KeyValueStore } from "../../core/ports.ts";
import { type CwmpClock, type CwmpLog, systemClock } from "./clock.ts";
import { getFile } from "./file-exchange.ts";

export type DiscoveryOptions = {
  /** Where the board's DHCP client writes its lease; it may not be there yet. */
  leaseFile: string;
  /** The ACS that the box left the factory with; "" for none. */
  factoryUrl: string;
  serial: string;
  model: DataModel;
  values: KeyValueStore;
  /** PEM certificates to trust for https beside the system's own. */
  certificates?: readonly string[];
  clock?: CwmpClock;
  log: CwmpLog;
};

const urlPath = "Device.ManagementServer.URL";
const discoveredKey = "acs.discovered";
const timeout = 30_000;
const firstPause = 30_000;
const longestPause = 3_600_000;

/** Follows the network's word about the ACS (TR-069 §3.1) for as long as the box runs. Returns how to end that. */
export function discoverAcs(options: DiscoveryOptions): { stop(): void } {
  const { clock = systemClock, factoryUrl, leaseFile, log, model, serial, values } = options;
  let seen = "";
  let fetching = new AbortController();
  let cancelRetry = (): void => {};

  const place = () => ({
    current: model.value(urlPath),
    factory: factoryUrl,
    discovered: text(values.get(discoveredKey)),
  });

  function apply(offer: Parameters<typeof judgeOffer>[1], from: string): void {
    const judged = judgeOffer(place(), offer);
    if ("ignored" in judged) {
      log.debug({ from, reason: judged.ignored }, "acs discovery: nothing changes");
      return;
    }
    // Kept first: an ACS from the network must not pass for a configured one after a power cut.
    values.set(discoveredKey, offer.url ?? "");
    const result = model.write(judged.settings, "cli");
    if (result.ok) log.info({ from, url: offer.url }, "acs discovery: the network names the ACS");
    else log.warn({ from, path: result.faults[0]?.path }, "acs discovery: a value cannot be used");
  }

  async function bootstrap(url: string, pause = firstPause): Promise<void> {
    const { certificates } = options;
    const mine = fetching;
    const file = await getFile({
      url,
      username: "",
      password: "",
      timeout,
      maximumBytes: longestBootstrap,
      signal: mine.signal,
      ...(certificates === undefined ? {} : { certificates }),
    });
    if (mine.signal.aborted) return;
    try {
      if ("faultCode" in file) throw new BootstrapError(file.faultString);
      apply(readBootstrapFile(file.body.toString("utf8"), url.startsWith("https:")), "bootstrap file");
    } catch (error) {
      if (!(error instanceof BootstrapError)) throw error;
      log.warn({ reason: error.message, retryMs: pause }, "acs discovery: no bootstrap file");
      cancelRetry = clock.after(pause, () => start(url, Math.min(pause * 2, longestPause)));
    }
  }

  const start = (url: string, pause?: number): void =>
    void bootstrap(url, pause).catch((error: unknown) => log.error({ error }, "acs discovery failed"));

  function follow({ bootstrapFile, ...offer }: LeaseOffer): void {
    if (bootstrapFile === undefined) {
      apply(offer, "dhcp");
      return;
    }
    // The file is not asked for where its word would not count.
    if (!isConfigured(place())) start(bootstrapFile);
  }

  function look(): void {
    let content: string;
    try {
      content = readFileSync(leaseFile, "utf8");
    } catch {
      // There is no lease yet.
      return;
    }
    if (content === seen) return;
    seen = content;
    fetching.abort();
    fetching = new AbortController();
    cancelRetry();
    const lease = networkLease.safeParse(json(content));
    if (lease.success) follow(readLease(lease.data, serial));
    else log.warn({ file: leaseFile }, "acs discovery: the lease cannot be read");
  }

  // The folder: the file is replaced by renaming.
  const watcher = watch(dirname(leaseFile), { persistent: false }, (_event, name) => {
    if (name === basename(leaseFile)) look();
  });
  watcher.on("error", (error) => log.warn({ error }, "acs discovery: leases are no longer seen"));
  look();
  return {
    stop() {
      watcher.close();
      fetching.abort();
      cancelRetry();
    },
  };
}

const text = (value: unknown): string => (typeof value === "string" ? value : "");

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
