import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freeUdpPort, startChild } from "./child.ts";
import type { Child } from "./child.ts";

/** How the far end treats a call. */
export type FarEndBehaviour =
  /** `mediaPort`: where somebody else takes and makes the sound, instead of the echo */
  | { kind: "echo"; answerAfterMs?: number; mediaPort?: number }
  | { kind: "no-answer" }
  | { kind: "hang-up"; afterMs: number; reason?: string }
  /** answers, and calls whom it is referred to in the place of that one's caller (RFC 3515, RFC 3891), as it says */
  | { kind: "transferee" };

export type FarEnd = { port: number; child: Child; stop: () => Promise<void> };

/** Starts a sipp process that takes any number of calls and treats them alike; audio is echoed. */
export async function startFarEnd(behaviour: FarEndBehaviour): Promise<FarEnd> {
  const port = await freeUdpPort();
  const sipp = await startSipp("far-end", uas(behaviour), port, []);
  return { port, child: sipp.child, stop: sipp.stop };
}

export type IncomingCall = {
  /** where the callee is registered */
  proxyPort: number;
  callee: string;
  domain: string;
  caller: string;
  callerName?: string;
  /** how long the caller stays on the line after the answer */
  holdMs?: number;
  /** a caller who gives up: CANCEL this long after ringing began */
  cancelAfterMs?: number;
  /** the final answer the caller expects instead of ringing, e.g. 486 */
  refusedWith?: number;
};

/** Places one call to a registered line; `child.ended` resolves with 0 when it went as scripted. Audio is echoed. */
export async function placeCall(call: IncomingCall): Promise<{ child: Child; stop: () => Promise<void> }> {
  const port = await freeUdpPort();
  const target = ["-m", "1", "-s", call.callee, `127.0.0.1:${call.proxyPort}`];
  const sipp = await startSipp("caller", uac(call), port, target);
  void sipp.child.ended.then(sipp.stop);
  return sipp;
}

async function startSipp(
  name: string,
  scenario: string,
  port: number,
  extra: string[],
): Promise<{ child: Child; stop: () => Promise<void> }> {
  const directory = mkdtempSync(join(tmpdir(), "tonalite-sipp-"));
  const file = join(directory, `${name}.xml`);
  writeFileSync(file, scenario);
  const media = await evenUdpPort();
  const args = ["-sf", file, "-i", "127.0.0.1", "-p", String(port), "-mp", String(media)];
  const quiet = [
    "-rtp_echo",
    "-nostdin",
    "-nd",
    "-aa",
    "-trace_err",
    "-error_file",
    join(directory, "errors.log"),
  ];
  const child = startChild("sipp", [...args, ...quiet, ...extra], "sip-tester", { cwd: directory });
  return {
    child,
    async stop() {
      await child.stop("SIGKILL");
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** RTP wants an even port with the next one free for RTCP (RFC 3550 §11); sipp takes two pairs. */
export async function evenUdpPort(): Promise<number> {
  for (;;) {
    const port = await freeUdpPort();
    if (port % 2 === 0 && port < 65_000 && (await freeUdpPort(port + 1)) === port + 1) return port;
  }
}

const sdp = `v=0
o=far 1 1 IN IP4 [local_ip]
s=-
c=IN IP4 [media_ip]
t=0 0
m=audio [media_port] RTP/AVP 8 0 101
a=rtpmap:8 PCMA/8000
a=rtpmap:0 PCMU/8000
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-15
a=ptime:20
`;

const head = (title: string): string =>
  `<?xml version="1.0" encoding="ISO-8859-1" ?>\n<scenario name="${title}">\n`;
const sendBlock = (text: string, attributes = ""): string =>
  `<send${attributes}><![CDATA[\n${text}\n]]></send>\n`;
const response = (status: string, body = false): string =>
  `SIP/2.0 ${status}
[last_Via:]
[last_From:]
[last_To:];tag=[pid]far[call_number]
[last_Call-ID:]
[last_CSeq:]
[last_Record-Route:]
Contact: <sip:far@[local_ip]:[local_port];transport=[transport]>
${body ? `Content-Type: application/sdp\nContent-Length: [len]\n\n${sdp}` : "Content-Length: 0\n"}`;

/** Within a dialog the To of the request has our tag already. */
const inDialog = (body = false): string => response("200 OK", body).replace(";tag=[pid]far[call_number]", "");

/** Takes every new offer (hold, and back) until the far end hangs up. */
function untilBye(attributes: string): string {
  return (
    `<label id="talk"/>\n<recv request="INVITE" optional="true"${attributes} next="offered"/>\n` +
    `<recv request="BYE"${attributes} next="over"/>\n` +
    `<label id="offered"/>\n${sendBlock(inDialog(true), ' retrans="500"')}` +
    '<recv request="ACK" next="talk"/>\n<label id="over"/>\n'
  );
}

function uas(behaviour: FarEndBehaviour): string {
  const start =
    head(behaviour.kind) + '<recv request="INVITE" rrs="true"/>\n' + sendBlock(response("180 Ringing"));
  if (behaviour.kind === "no-answer") {
    // A CANCEL carries the INVITE's own From, To and CSeq number (RFC 3261 §9.1): the 487 is made from it.
    const cancelled = response("487 Request Terminated").replace("[last_CSeq:]", "CSeq: [$1] INVITE");
    return (
      start +
      '<recv request="CANCEL"><action><ereg regexp="[0-9]+" search_in="hdr" header="CSeq:" assign_to="1"/></action></recv>\n' +
      sendBlock(response("200 OK").replace(";tag=[pid]far[call_number]", "")) +
      sendBlock(cancelled) +
      '<recv request="ACK"/>\n</scenario>\n'
    );
  }
  const wait = behaviour.kind === "echo" ? (behaviour.answerAfterMs ?? 300) : 300;
  const answered =
    `${start}<pause milliseconds="${wait}"/>\n` +
    sendBlock(response("200 OK", true), ' retrans="500"') +
    '<recv request="ACK"/>\n';
  if (behaviour.kind === "echo") {
    const script = `${answered}${untilBye("")}${sendBlock(inDialog())}</scenario>\n`;
    const { mediaPort } = behaviour;
    return mediaPort === undefined ? script : script.replaceAll("[media_port]", String(mediaPort));
  }
  const remember =
    '<action><ereg regexp=".*" search_in="hdr" header="From:" assign_to="1"/><ereg regexp=".*" search_in="hdr" header="To:" assign_to="2"/></action>';
  const remembered = answered.replace(
    '<recv request="INVITE" rrs="true"/>',
    `<recv request="INVITE" rrs="true">${remember}</recv>`,
  );
  if (behaviour.kind === "transferee") return `${remembered}${untilReferred()}</scenario>\n`;
  const reason = behaviour.reason ?? 'Q.850;cause=16;text="Normal call clearing"';
  const bye = ownRequest("BYE", 1, `Reason: ${reason}\nContent-Length: 0\n`);
  return (
    remembered +
    `<pause milliseconds="${behaviour.afterMs}"/>\n` +
    sendBlock(bye, ' retrans="500"') +
    '<recv response="200"/>\n</scenario>\n'
  );
}

/** A request of the answering side within the dialog; $1 and $2 are the INVITE's From and To. */
function ownRequest(method: string, sequence: number, rest: string): string {
  return `${method} [next_url] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
[routes]
From: [$2];tag=[pid]far[call_number]
To: [$1]
[last_Call-ID:]
CSeq: ${sequence} ${method}
Max-Forwards: 70
${rest}`;
}

/** Takes hold and back, then a referral that names the call to be replaced; anything else fails the scenario. */
function untilReferred(): string {
  const replaces =
    '<action><ereg regexp="Replaces=[^;>]+%3Bto-tag%3D[^%]+%3Bfrom-tag%3D" search_in="hdr" header="Refer-To:" check_it="true" assign_to="3"/></action>';
  const told = (sequence: number, state: string, line: string): string =>
    sendBlock(
      ownRequest(
        "NOTIFY",
        sequence,
        `Event: refer\nSubscription-State: ${state}\nContact: <sip:far@[local_ip]:[local_port]>\n` +
          `Content-Type: message/sipfrag\nContent-Length: [len]\n\n${line}\n`,
      ),
      ' retrans="500"',
    ) + '<recv response="200"/>\n';
  return (
    '<label id="talk"/>\n<recv request="INVITE" optional="true" next="offered"/>\n' +
    `<recv request="REFER">${replaces}</recv>\n` +
    sendBlock(inDialog().replace("200 OK", "202 Accepted")) +
    told(1, "active;expires=60", "SIP/2.0 100 Trying") +
    told(2, "terminated;reason=noresource", "SIP/2.0 200 OK") +
    `<recv request="BYE"/>\n${sendBlock(inDialog())}<nop next="end"/>\n` +
    `<label id="offered"/>\n${sendBlock(inDialog(true), ' retrans="500"')}` +
    '<recv request="ACK" next="talk"/>\n<label id="end"/>\n<Reference variables="3"/>\n'
  );
}

function uac(call: IncomingCall): string {
  const name = call.callerName === undefined ? "" : `"${call.callerName}" `;
  const dialog = (method: string, to: string, branch: string, uri: string): string =>
    `${method} ${uri} SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=${branch}
${method === "INVITE" || method === "CANCEL" ? "" : "[routes]\n"}From: ${name}<sip:${call.caller}@${call.domain}>;tag=[pid]caller[call_number]
To: <sip:${call.callee}@${call.domain}>${to}
Call-ID: [call_id]
CSeq: ${method === "BYE" ? 2 : 1} ${method}
Contact: <sip:${call.caller}@[local_ip]:[local_port];transport=[transport]>
Max-Forwards: 70
${method === "INVITE" ? `Content-Type: application/sdp\nContent-Length: [len]\n\n${sdp}` : "Content-Length: 0\n"}`;
  const target = `sip:${call.callee}@${call.domain}`;
  const invite =
    head("caller") +
    sendBlock(dialog("INVITE", "", "z9hG4bK-[pid]-[call_number]-invite", target), ' retrans="500"') +
    '<recv response="100" optional="true"/>\n';
  if (call.refusedWith !== undefined)
    return (
      `${invite}<recv response="${call.refusedWith}"/>\n` +
      sendBlock(dialog("ACK", "[peer_tag_param]", "z9hG4bK-[pid]-[call_number]-invite", target)) +
      "</scenario>\n"
    );
  const start = `${invite}<recv response="180" rrs="true"/>\n`;
  if (call.cancelAfterMs !== undefined)
    return (
      `${start}<pause milliseconds="${call.cancelAfterMs}"/>\n` +
      sendBlock(dialog("CANCEL", "", "z9hG4bK-[pid]-[call_number]-invite", target)) +
      '<recv response="200"/>\n<recv response="487"/>\n' +
      sendBlock(dialog("ACK", "[peer_tag_param]", "z9hG4bK-[pid]-[call_number]-invite", target)) +
      "</scenario>\n"
    );
  return (
    `${start}<recv response="200" rrs="true" timeout="120000"/>\n` +
    sendBlock(dialog("ACK", "[peer_tag_param]", "[branch]", "[next_url]")) +
    untilBye(` timeout="${call.holdMs ?? 60_000}" ontimeout="bye"`) +
    sendBlock(inDialog()) +
    '<nop next="end"/>\n<label id="bye"/>\n' +
    sendBlock(dialog("BYE", "[peer_tag_param]", "[branch]", "[next_url]"), ' retrans="500"') +
    '<recv response="200"/>\n<label id="end"/>\n</scenario>\n'
  );
}
