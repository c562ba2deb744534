import { spawn, spawnSync } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { randomBytes } from "../simulator/noise.ts";
import { startFileServer } from "./server.ts";
import { acknowledge, beginTransfer, decodePacket, repeat, type TransferStep } from "./tftp.ts";

const options = (...pairs: [string, string][]) => new Map(pairs);

/** A client that loses what `loses` says, and acknowledges as RFC 7440 wants: the last block in order. */
function receive(content: Uint8Array, asked: Map<string, string>, loses: (packet: number) => boolean) {
  let step: TransferStep = beginTransfer(content, asked);
  const parts: Uint8Array[] = [];
  let packets = 0;
  let last = 0;
  for (let round = 0; round < 100_000; round += 1) {
    for (const packet of step.send) {
      packets += 1;
      if (loses(packets)) continue;
      const bytes = Buffer.from(packet);
      if (bytes.readUInt16BE(0) === 6) continue;
      if (bytes.readUInt16BE(2) !== ((last + 1) & 0xffff)) continue;
      last += 1;
      parts.push(bytes.subarray(4));
    }
    step = acknowledge(step.transfer, last & 0xffff);
    if (step.transfer.state === "done") return { content: Buffer.concat(parts), packets };
    if (step.send.length === 0) step = repeat(step.transfer);
    if (step.transfer.state === "failed") return { content: undefined, packets };
  }
  throw new Error("it never ends");
}

describe("a TFTP transfer", () => {
  it.each([0, 1, 511, 512, 513, 1468 * 3, 70_000])(
    "of %i bytes arrives whole, with options or without",
    (size) => {
      const content = randomBytes(size, 1);
      for (const asked of [options(), options(["blksize", "1468"], ["windowsize", "16"], ["tsize", "0"])])
        expect(receive(content, asked, () => false).content?.equals(content)).toBe(true);
    },
  );

  it("arrives whole though packets are lost, and is given up when all are", () => {
    const content = randomBytes(300_000, 2);
    const asked = options(["blksize", "1000"], ["windowsize", "8"]);
    expect(receive(content, asked, (packet) => packet % 7 === 3).content?.equals(content)).toBe(true);
    expect(receive(content, asked, (packet) => packet > 3).content).toBeUndefined();
  });

  it("of more than 65,535 blocks counts on from 0", () => {
    const content = Buffer.alloc(8 * 66_000, 5);
    const asked = options(["blksize", "8"], ["windowsize", "64"]);
    expect(receive(content, asked, () => false).content?.length).toBe(content.length);
  });

  it("agrees to what it can do, and to nothing else", () => {
    const asked = options(
      ["blksize", "65464"],
      ["windowsize", "0"],
      ["timeout", "x"],
      ["multicast", ""],
      ["tsize", "0"],
    );
    const { transfer } = beginTransfer(Buffer.alloc(99), asked);
    expect(Buffer.from(transfer.agreed ?? []).toString("latin1", 2)).toBe(
      "blksize\u00001468\0tsize\u000099\0",
    );
  });
});

it.each([
  ["nothing", Buffer.alloc(0)],
  ["an unknown operation", Buffer.from([0, 9, 0, 0])],
  ["a request without end", Buffer.from("\0\u0001file")],
  ["another mode", Buffer.from("\0\u0001file\0netascii\0")],
  ["no name", Buffer.from("\0\u0001\0octet\0")],
  ["a very long name", Buffer.from(`\0\u0001${"a".repeat(300)}\0octet\0`)],
])("%s is no packet", (_case, bytes) => expect(decodePacket(bytes)).toBeUndefined());

describe("the file server", () => {
  const curl = spawnSync("curl", ["--version"]).stdout?.toString().includes("tftp");

  it.skipIf(!curl)("gives one file to another's client, and tells how far it got", async () => {
    const server = await startFileServer(0);
    const content = randomBytes(200_000, 3);
    let got = 0;
    server.offer("parcel", content, (bytes) => (got = bytes));
    const fetch = async (name: string) => {
      const client = spawn("curl", [
        "-s",
        "--tftp-blksize",
        "1400",
        `tftp://127.0.0.1:${server.port}/${name}`,
      ]);
      const parts: Buffer[] = [];
      client.stdout.on("data", (part: Buffer) => parts.push(part));
      const [code] = await once(client, "close");
      return { code: Number(code), content: Buffer.concat(parts) };
    };
    expect((await fetch("parcel")).content.equals(content)).toBe(true);
    expect(got).toBe(content.length);
    // curl 68: TFTP, file not found
    expect((await fetch("other")).code).toBe(68);
    await server.close();
  });

  it("lets nobody write, and drops what is no TFTP", async () => {
    const server = await startFileServer(0);
    const client = createSocket("udp4");
    client.send(Buffer.from("\0\u0002x\0octet\0"), server.port, "127.0.0.1");
    const [answer] = (await once(client, "message")) as [Buffer];
    expect(answer.toString("latin1")).toBe("\0\u0005\0\u0002read only\0");
    client.send(Buffer.from([1]), server.port, "127.0.0.1");
    client.close();
    await server.close();
  });

  it("says who has the port", async () => {
    const first = await startFileServer(0);
    await expect(startFileServer(first.port)).rejects.toMatchObject({ code: "NETWORK_BUSY" });
    await first.close();
  });
});
