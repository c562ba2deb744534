import type { Account, Codec } from "../ports.ts";
import type { AppliedTerm } from "../records/index.ts";
import { evaluateRegistrar } from "../terms/index.ts";
import type { Terms } from "../terms/index.ts";
import {
  alternateProxies,
  chosenCodecs,
  chosenDigits,
  chosenNetwork,
  chosenSecurity,
  messageSubscription,
  quietCodecs,
} from "./choices.ts";
import { faxSetup } from "./fax.ts";
import { linePaths } from "./paths.ts";

const transports = ["UDP", "TCP", "TLS"] as const;

/** One exact value of the data model, as text. */
export type ModelReader = (path: string) => string;

/** What a line's settings amount to. */
export type LineProvisioning =
  | { readonly provisioning: "disabled" }
  /** Cannot register; `problem` says what is wrong with which setting, `term` the clause when the terms forbid it. */
  | { readonly provisioning: "misconfigured"; readonly problem: string; readonly term: AppliedTerm | null }
  | { readonly provisioning: "account"; readonly account: Account };

/** Builds a line's SIP account from TR-104's Line, SIP.Client and SIP.Network; the terms have the last word. */
export function provisionLine(
  line: number,
  value: ModelReader,
  terms: Pick<Terms, "provider" | "laboratory">,
  codecs: readonly Codec[],
): LineProvisioning {
  const { callControl, client, port: telephone } = linePaths(line);
  const network = chosenNetwork(line, value);
  if (network === undefined) return misconfigured(`${client}Network names no network`);
  const enabled = [callControl, client, network, telephone].every(
    (path) => value(`${path}Enable`) === "true",
  );
  if (!enabled) return { provisioning: "disabled" };

  const registrar = value(`${network}RegistrarServer`);
  const proxyServer = value(`${network}ProxyServer`);
  const domain = value(`${network}UserAgentDomain`) || registrar;
  const proxy = proxyServer || registrar;
  const user = registeredUser(value(`${client}RegisterURI`)) || value(`${callControl}DirectoryNumber`);
  const alternates = alternateProxies(network, value);
  if (domain === "") return misconfigured(`${network}RegistrarServer is empty`);
  if (user === "") return misconfigured(`${client}RegisterURI and ${callControl}DirectoryNumber are empty`);

  for (const host of new Set([domain, registrar || domain, proxy || domain, ...alternates.map(hostOf)])) {
    const term = evaluateRegistrar(host, terms);
    if (term) {
      const problem = `registrar ${host} is outside the provider's network (${term.provider} clause ${term.clause})`;
      return { provisioning: "misconfigured", problem, term };
    }
  }
  const offered = chosenCodecs(network, value, codecs);
  if (offered.length === 0) return misconfigured(`${network}CodecList holds no codec that is enabled`);
  const port = proxyServer ? `${network}ProxyServerPort` : `${network}RegistrarServerPort`;
  return {
    provisioning: "account",
    account: {
      user,
      authUser: value(`${client}AuthUserName`),
      password: value(`${client}AuthPassword`),
      domain,
      proxy,
      proxyPort: Number(value(port)),
      transport: transports.find((name) => name === value(`${network}ProxyServerTransport`)) ?? "UDP",
      expiresSeconds: Number(value(`${network}RegisterExpires`)),
      codecs: offered,
      // The second one knocks, or is turned away by the line.
      calls: 2,
      mediaSecurity: chosenSecurity(network, value),
      dtmf: chosenDigits(network, value),
      keepAliveSeconds: Number(value(`${network}X_TONALITE_KeepAlive`)),
      silence: quietCodecs(network, value, offered),
      messagesSeconds: messageSubscription(network, value),
      fax: faxSetup(line, network, value, terms),
      alternates,
      displayName: "",
    },
  };
}

/** "host:port" and "[address]:port" without the port. */
function hostOf(proxy: string): string {
  return proxy.replace(/:[0-9]+$/, "");
}

/** Does going from one account to another need a new registration? */
export function needsRegistration(previous: Account | null, next: Account | null): boolean {
  return JSON.stringify(previous) !== JSON.stringify(next);
}

/** User part of an address of record: "sip:100@example.com" → "100" (RFC 3261 §19.1). */
function registeredUser(uri: string): string {
  return /^sips?:([^@;:]+)/i.exec(uri)?.[1] ?? uri.split("@")[0] ?? "";
}

function misconfigured(problem: string): LineProvisioning {
  return { provisioning: "misconfigured", problem, term: null };
}
