import { createHash } from "node:crypto";
import { createSocket } from "node:dgram";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freeUdpPort, startChild } from "./child.ts";
import type { Child } from "./child.ts";

/** A subscriber of the demo registrar. */
export type Subscriber = { user: string; password: string };

export type RegistrarOptions = {
  domain: string;
  subscribers: Subscriber[];
  /** UDP and TCP port on 127.0.0.1; another is taken when it is in use */
  port?: number;
  /** numbers served by a far end: user part → UDP port on 127.0.0.1 */
  routes?: Record<string, number>;
  /** longest registration granted, in seconds */
  maximumExpires?: number;
};

/** A running Kamailio. */
export type Registrar = {
  host: string;
  port: number;
  domain: string;
  child: Child;
  stop: () => Promise<void>;
};

const modules = "kex corex tm sl rr pv maxfwd usrloc registrar textops siputils auth htable nathelper";

/**
 * Starts a real SIP registrar and proxy (Kamailio) on the loopback interface, with digest authentication.
 * Number 9001 is busy and 9009 is refused by the proxy itself; whatever is neither routed nor registered is 404.
 * @throws Error with Kamailio's last words when it does not answer within 10 s.
 */
export async function startRegistrar(options: RegistrarOptions): Promise<Registrar> {
  const port = await freeUdpPort(options.port ?? 0);
  const directory = mkdtempSync(join(tmpdir(), "tonalite-registrar-"));
  const file = join(directory, "kamailio.cfg");
  writeFileSync(file, configuration(options, port), { mode: 0o600 });
  const child = startChild(
    "/usr/sbin/kamailio",
    [
      "-f",
      file,
      "-DD",
      "-E",
      "-m",
      "16",
      "-M",
      "4",
      "-w",
      directory,
      "-Y",
      directory,
      "-P",
      join(directory, "pid"),
    ],
    "kamailio",
  );
  const stop = async (): Promise<void> => {
    await child.stop();
    rmSync(directory, { recursive: true, force: true });
  };
  if (!(await answersOptions(port, child))) {
    await stop();
    throw new Error(`the SIP registrar did not start:\n${child.output()}`);
  }
  return { host: "127.0.0.1", port, domain: options.domain, child, stop };
}

function configuration(options: RegistrarOptions, port: number): string {
  const { domain, subscribers, routes = {}, maximumExpires = 3600 } = options;
  const path = modulePath();
  const ha1 = (one: Subscriber): string =>
    createHash("md5").update(`${one.user}:${domain}:${one.password}`).digest("hex");
  return `#!KAMAILIO
debug=2
log_stderror=yes
fork=yes
children=2
tcp_children=1
auto_aliases=no
alias="${domain}"
listen=udp:127.0.0.1:${port}
listen=tcp:127.0.0.1:${port}
mpath="${path}"
${modules
  .split(" ")
  .map((name) => `loadmodule "${name}.so"`)
  .join("\n")}
modparam("usrloc", "db_mode", 0)
modparam("registrar", "min_expires", 5)
modparam("registrar", "max_expires", ${maximumExpires})
modparam("auth", "nonce_expire", 300)
modparam("auth", "qop", "auth")
modparam("nathelper|registrar", "received_avp", "$avp(RECEIVED)")
modparam("htable", "htable", "subscriber=>size=6;")
event_route[htable:mod-init] {
${subscribers.map((one) => `  $sht(subscriber=>${one.user}) = "${ha1(one)}";`).join("\n")}
}
request_route {
  if (!mf_process_maxfwd_header("10")) { sl_send_reply("483", "Too Many Hops"); exit; }
  if (is_method("OPTIONS") && uri==myself && $rU==$null) { sl_send_reply("200", "OK"); exit; }
  if (is_method("CANCEL")) { if (t_check_trans()) t_relay(); exit; }
  if (!is_method("ACK")) t_check_trans();
  if (has_totag()) {
    if (loose_route()) { t_relay(); exit; }
    if (is_method("ACK")) { if (t_check_trans()) t_relay(); exit; }
    sl_send_reply("404", "Not here"); exit;
  }
  if (is_method("REGISTER")) {
    if (!pv_www_authenticate("${domain}", "$sht(subscriber=>$tU)", "1")) { www_challenge("${domain}", "1"); exit; }
    consume_credentials();
    fix_nated_register();
    if (!save("location")) sl_send_reply("500", "Save failed");
    exit;
  }
  if (is_method("INVITE") && $sht(subscriber=>$fU) != $null) {
    if (!pv_proxy_authenticate("${domain}", "$sht(subscriber=>$fU)", "1")) { proxy_challenge("${domain}", "1"); exit; }
    consume_credentials();
  }
  if (is_method("INVITE")) record_route();
  if ($rU == "9001") { sl_send_reply("486", "Busy Here"); exit; }
  if ($rU == "9009") { sl_send_reply("603", "Decline"); exit; }
${Object.entries(routes)
  .map(([user, to]) => `  if ($rU == "${user}") { $du = "sip:127.0.0.1:${to}"; t_relay(); exit; }`)
  .join("\n")}
  if (!lookup("location")) { sl_send_reply("404", "Not Found"); exit; }
  t_relay();
}
`;
}

function modulePath(): string {
  for (const entry of readdirSync("/usr/lib").filter((name) => name.endsWith("-linux-gnu"))) {
    const path = `/usr/lib/${entry}/kamailio/modules/`;
    if (existsSync(path)) return path;
  }
  throw new Error("Kamailio's modules are missing; install Debian's package kamailio (scripts/setup start)");
}

/** Asks with OPTIONS until there is an answer (10 s) or the process has ended. */
async function answersOptions(port: number, child: Child): Promise<boolean> {
  const socket = createSocket("udp4");
  try {
    await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", () => resolve()));
    const own = socket.address().port;
    const answer = new Promise<boolean>((resolve) => socket.once("message", () => resolve(true)));
    for (let attempt = 0; attempt < 100; attempt++) {
      const request = [
        `OPTIONS sip:127.0.0.1:${port} SIP/2.0`,
        `Via: SIP/2.0/UDP 127.0.0.1:${own};branch=z9hG4bKprobe${attempt}`,
        `From: <sip:probe@127.0.0.1>;tag=probe`,
        `To: <sip:127.0.0.1:${port}>`,
        `Call-ID: probe-${own}-${attempt}`,
        "CSeq: 1 OPTIONS",
        "Max-Forwards: 5",
        "Content-Length: 0",
        "\r\n",
      ].join("\r\n");
      socket.send(request, port, "127.0.0.1");
      const pause = new Promise<undefined>((resolve) => setTimeout(resolve, 100, undefined));
      const outcome = await Promise.race([answer, pause, child.ended.then(() => false)]);
      if (outcome !== undefined) return outcome;
    }
    return false;
  } finally {
    socket.close();
  }
}
