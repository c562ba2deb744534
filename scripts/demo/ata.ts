import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { askPhone } from "@tonalite/agent/phone";
import type { PhoneAsk, PhoneReply } from "@tonalite/agent/phone";
import { startChild } from "../telephony/index.ts";
import type { Child } from "../telephony/index.ts";

const root = join(import.meta.dirname, "../..");

export type AtaOptions = {
  stateDir: string;
  serial: string;
  acs: { url: string; user: string; password: string };
  profile?: string;
  /** PEM public keys whose firmware the box accepts */
  trust?: { name: string; pem: string }[];
  /** authorities that the box believes for TLS, beside the system's; PEM */
  authorities?: { name: string; pem: string }[];
  /** what the box shows to an ACS that asks; PEM */
  identity?: { certificate: string; key: string };
  /** release metadata's first root: the box then takes only images that a release lists */
  releaseRoot?: string;
  /** how long a new image may take to prove itself; the board's own default when left out */
  trialSeconds?: number;
  /** the folder a new box's first slot is filled from; the built image when left out */
  image?: string;
};

/** A virtual ATA in a process of its own: the virtual board, which runs the agent of its active slot. */
export type Ata = {
  stateDir: string;
  child: Child;
  phone: Phone;
  stop: (signal?: NodeJS.Signals) => Promise<void>;
};

export function startAta(options: AtaOptions): Ata {
  const { stateDir, acs } = options;
  const factory = join(stateDir, "factory");
  mkdirSync(join(factory, "trust"), { recursive: true, mode: 0o700 });
  const passwordFile = join(factory, "acs-password");
  writeFileSync(passwordFile, acs.password, { mode: 0o600 });
  for (const { name, pem } of options.trust ?? []) writeFileSync(join(factory, "trust", `${name}.pem`), pem);
  if (options.authorities) {
    mkdirSync(join(factory, "ca"), { recursive: true, mode: 0o700 });
    for (const { name, pem } of options.authorities) writeFileSync(join(factory, "ca", `${name}.pem`), pem);
  }
  if (options.identity) {
    writeFileSync(join(factory, "device.crt"), options.identity.certificate);
    writeFileSync(join(factory, "device.key"), options.identity.key, { mode: 0o600 });
  }
  if (options.releaseRoot !== undefined) writeFileSync(join(factory, "trust/root.json"), options.releaseRoot);
  const args = [join(root, "agent/dist/board.mjs"), "--state", stateDir, "--serial", options.serial];
  args.push("--profile", options.profile ?? "virtual/sim", "--trust", join(factory, "trust"));
  if (options.image !== undefined) args.push("--image", options.image);
  if (options.trialSeconds !== undefined) args.push("--trial-seconds", String(options.trialSeconds));
  args.push("--acs", acs.url, "--acs-user", acs.user, "--acs-password-file", passwordFile);
  const child = startChild(process.execPath, args, "nodejs", { group: true });
  return { stateDir, child, phone: openPhone(stateDir), stop: (signal) => child.stop(signal) };
}

/** Asks the virtual telephone; a refusal comes as an error in its own words. */
export type Phone = (op: PhoneAsk["op"], more?: Omit<PhoneAsk, "op">) => Promise<PhoneReply>;

/** Works the virtual telephone of the ATA whose state directory this is. */
export function openPhone(stateDir: string): Phone {
  return async (op, more = {}) => {
    const answer = await askPhone(stateDir, { op, ...more });
    if (!answer.ok) throw new Error(answer.error ?? "the virtual telephone refused");
    return answer;
  };
}
