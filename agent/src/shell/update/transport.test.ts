import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ImageFacts } from "../../core/update/index.ts";
import { systemDisk } from "./disk.ts";
import { fetchFacts, verifyImage, type ImageSource } from "./download.ts";
import { downloadImage } from "./fetch-image.ts";
import type { Pace } from "./pace.ts";
import { persist } from "./rejection.ts";
import { makeImage, trusted } from "./simulation/image.ts";
import { createHttpTransport } from "./transport.ts";

const image = makeImage("2.0.0", { files: new Map([["agent.mjs", randomish(900_000)]]) });
const target = { product: "tonalite-agent", hardware: "virtual/sim", version: "1.0.0", securityFloor: 0 };
const retry = { attempts: 5, firstMs: 1, longestMs: 1, longestAskedMs: 1 };
const sleep = async (): Promise<void> => await Promise.resolve();
type Answer = (request: IncomingMessage, response: ServerResponse) => void;

let server: Server;
let answer: Answer;
let asked: IncomingMessage[];
let folder: string;
let url: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "tonalite-download-"));
  asked = [];
  server = createServer((request, response) => {
    asked.push(request);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/firmware/1/x.img?y`;
  answer = serve();
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true });
});

// A server as RFC 9110 §14 wants it; `cut` ends the connection after so many bytes of a body.
function serve(options: { etag?: string; cut?: number; ranges?: boolean } = {}): Answer {
  const { etag = '"1"', cut, ranges = true } = options;
  return (request, response) => {
    const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "");
    const whole = !ranges || !range || (request.headers["if-range"] ?? etag) !== etag;
    const start = whole ? 0 : Number(range[1]);
    const end = whole || range[2] === "" ? image.length : Math.min(image.length, Number(range[2]) + 1);
    const body = image.subarray(start, end);
    response.writeHead(whole ? 200 : 206, {
      etag,
      "content-length": body.length,
      ...(!whole && { "content-range": `bytes ${start}-${end - 1}/${image.length}` }),
    });
    if (cut === undefined || body.length <= cut) response.end(body);
    else response.write(body.subarray(0, cut), () => setTimeout(() => response.destroy(), 20));
  };
}
const source = (more: Partial<ImageSource> = {}): ImageSource => ({
  transport: createHttpTransport(),
  url,
  signal: new AbortController().signal,
  ...more,
});
const unlimited: Pace = {
  limited: () => false,
  grant: async () => await Promise.resolve(undefined),
  took: () => {},
  free: async () => {},
};
const path = (): string => join(folder, "image.part");
let offset = 0;
const download = async (facts: ImageFacts, from: ImageSource = source()): Promise<string> =>
  await persist(
    async (progress) =>
      await downloadImage({
        source: from,
        disk: systemDisk,
        path: path(),
        image: facts,
        mark: { load: () => offset, save: (value) => (offset = value) },
        pace: unlimited,
        progress,
      }),
    retry,
    sleep,
  );
const facts = async (from: ImageSource = source()): Promise<ImageFacts> =>
  (await persist(async () => await fetchFacts(from, target, trusted), retry, sleep)).image;
beforeEach(() => {
  offset = 0;
});

describe("a download", () => {
  it("asks for the header first, then for the whole, and is what was signed", async () => {
    const found = await facts();
    expect(asked[0]?.headers.range).toBe("bytes=0-131071");
    expect(found).toMatchObject({ version: "2.0.0", size: image.length, etag: '"1"' });
    expect(await download(found)).toBe("complete");
    expect(readFileSync(path()).equals(image)).toBe(true);
    expect(await verifyImage(systemDisk, path(), found, target, trusted)).toBe("good");
  });

  it("that is cut goes on from where it was, as often as it gets further", async () => {
    const found = await facts();
    answer = serve({ cut: 300_000 });
    expect(await download(found)).toBe("complete");
    expect(readFileSync(path()).equals(image)).toBe(true);
    const starts = asked.slice(1).map((request) => Number(/\d+/.exec(request.headers.range ?? "")?.[0]));
    expect(starts.length).toBeGreaterThan(2);
    expect(starts).toEqual(starts.toSorted((left, right) => left - right));
    expect(asked.at(-1)?.headers["if-range"]).toBe('"1"');
  });

  it("goes on after a restart from the durable offset, and distrusts what lies behind it", async () => {
    const found = await facts();
    const file = await systemDisk.open(path(), "create");
    await file.write(image.subarray(0, 400_000), 0);
    await file.write(Buffer.alloc(100_000), 400_000);
    await file.close();
    offset = 400_000;
    expect(await download(found)).toBe("complete");
    expect(asked.at(-1)?.headers.range).toBe("bytes=400000-");
    expect(readFileSync(path()).equals(image)).toBe(true);
  });

  it("begins anew when the file changed meanwhile", async () => {
    const found = await facts();
    answer = serve({ cut: 300_000 });
    offset = 0;
    let first = true;
    const inner = answer;
    answer = (request, response) => {
      if (first) inner(request, response);
      else serve({ etag: '"2"' })(request, response);
      first = false;
    };
    expect(await download(found)).toBe("renewed");
  });

  it("works with a server that knows no ranges", async () => {
    answer = serve({ ranges: false });
    const found = await facts();
    offset = 0;
    expect(await download(found)).toBe("complete");
    expect(await verifyImage(systemDisk, path(), found, target, trusted)).toBe("good");
  });

  describe("under a call", () => {
    /** From the first byte of the download on, pieces of 4096 bytes; `ends` after so many. */
    const slow = (ends = Number.POSITIVE_INFINITY): Pace & { granted: number; freed: number } => {
      const pace = {
        granted: 0,
        freed: 0,
        limited: () => pace.granted < ends && pace.freed === 0,
        async grant() {
          await Promise.resolve();
          pace.granted += 1;
          return pace.granted <= ends ? 4096 : undefined;
        },
        took() {},
        async free() {
          await Promise.resolve();
          pace.freed += 1;
        },
      };
      return pace;
    };
    const fetched = async (pace: Pace, progress: (bytes: number) => void = () => {}): Promise<string> => {
      const found = await facts();
      asked.length = 0;
      const mark = { load: () => offset, save: (value: number) => (offset = value) };
      const common = { disk: systemDisk, path: path(), image: found, mark, pace, progress };
      const end = await downloadImage({ ...common, source: source() });
      expect(readFileSync(path()).equals(image)).toBe(true);
      return end;
    };

    it("comes in small pieces over one kept connection, and is synced as seldom as ever", async () => {
      const synced: number[] = [];
      expect(await fetched(slow(), (bytes) => synced.push(bytes))).toBe("complete");
      expect(asked.length).toBe(Math.ceil(image.length / 4096));
      expect(asked[0]?.headers.range).toBe("bytes=0-4095");
      expect(asked.at(-1)?.headers.range).toMatch(`-${image.length - 1}`);
      expect(new Set(asked.map(({ socket }) => socket)).size).toBe(1);
      expect(synced.length).toBeLessThanOrEqual(Math.ceil(image.length / (256 * 1024)));
    });

    it("goes on at full speed where it was when the call ends", async () => {
      expect(await fetched(slow(3))).toBe("complete");
      expect(asked.map(({ headers }) => headers.range)).toEqual([
        "bytes=0-4095",
        "bytes=4096-8191",
        "bytes=8192-12287",
        "bytes=12288-",
      ]);
    });

    it("is left alone by a server that cannot give pieces", async () => {
      answer = serve({ ranges: false });
      const pace = slow();
      expect(await fetched(pace)).toBe("complete");
      expect(pace.freed).toBeGreaterThan(0);
      expect(asked.length).toBe(2);
    });

    it("gives up the rest of an answer that a call interrupts, and fetches it in pieces", async () => {
      let bytes = 0;
      const pace = slow();
      const call = {
        ...pace,
        limited: () => bytes > 0,
        grant: async () => (bytes === 0 ? undefined : await pace.grant()),
        took() {},
      };
      const mark = (value: number): void => void (bytes = Math.max(bytes, value));
      const found = await facts();
      asked.length = 0;
      const disk = systemDisk;
      const kept = { load: () => 0, save: () => {} };
      const watched = {
        ...disk,
        open: async (...args: Parameters<typeof disk.open>) => {
          const file = await disk.open(...args);
          return {
            ...file,
            write: async (data: Uint8Array, at: number) => {
              mark(at + data.length);
              await file.write(data, at);
            },
          };
        },
      };
      const common = { disk: watched, path: path(), image: found, mark: kept, progress: () => {} };
      expect(await downloadImage({ ...common, source: source(), pace: call })).toBe("complete");
      expect(asked[0]?.headers.range).toBe("bytes=0-");
      expect(asked.length).toBeGreaterThan(1);
      expect(readFileSync(path()).equals(image)).toBe(true);
    });
  });

  it("damaged on the medium is noticed", async () => {
    const found = await facts();
    await download(found);
    const file = await systemDisk.open(path(), "write");
    await file.write(Buffer.from([1, 2, 3]), found.size - 1000);
    await file.close();
    expect(await verifyImage(systemDisk, path(), found, target, trusted)).toBe("damaged");
  });
});

describe("a server that", () => {
  const credentials = { username: "box", password: 'p"ss' };
  const guard = (challenges: string[], accept: (authorization: string) => boolean): Answer => {
    const inner = serve();
    return (request, response) => {
      const { authorization } = request.headers;
      if (authorization !== undefined && accept(authorization)) return inner(request, response);
      response.writeHead(401, { "www-authenticate": challenges });
      response.end("who?");
    };
  };
  it("asks for Basic gets it, when nothing better is offered", async () => {
    const expected = `Basic ${Buffer.from('box:p"ss').toString("base64")}`;
    answer = guard(['Basic realm="x"'], (given) => given === expected);
    expect((await facts(source({ credentials }))).version).toBe("2.0.0");
  });

  it.each(["MD5", "SHA-256"])("asks for Digest with %s gets it", async (algorithm) => {
    const hash = (text: string): string =>
      createHash(algorithm === "MD5" ? "md5" : "sha256")
        .update(text)
        .digest("hex");
    const check = (given: string): boolean => {
      const field = (name: string): string => new RegExp(`${name}="?([^",]+)"?`).exec(given)?.[1] ?? "";
      const secret = hash('box:the realm:p"ss');
      const subject = hash("GET:/firmware/1/x.img?y");
      const right = hash(`${secret}:n0:${field("nc")}:${field("cnonce")}:auth:${subject}`);
      return given.startsWith("Digest ") && field("response") === right && field("opaque") === "o";
    };
    answer = guard(
      [
        'Basic realm="the realm"',
        `Digest realm="the realm", qop="auth,auth-int", nonce="n0", opaque="o", algorithm=${algorithm}`,
      ],
      check,
    );
    expect((await facts(source({ credentials }))).version).toBe("2.0.0");
  });

  it.each([
    [401, "SERVER_AUTHENTICATION"],
    [403, "FILE_UNAVAILABLE"],
    [404, "FILE_UNAVAILABLE"],
    [503, "FILE_UNAVAILABLE"],
  ])("answers %i is reported as %s", async (status, code) => {
    answer = (_request, response) => void response.writeHead(status).end();
    await expect(facts(source({ credentials }))).rejects.toMatchObject({ name: "Rejection", code });
    expect(asked).toHaveLength(status === 503 ? retry.attempts : 1);
  });

  it("redirects is followed, but gets no credentials elsewhere, nor for ever", async () => {
    const inner = serve();
    answer = (request, response) => {
      if (request.url?.startsWith("/moved")) return inner(request, response);
      response.writeHead(302, { location: "/moved" }).end();
    };
    expect((await facts()).version).toBe("2.0.0");
    answer = (_request, response) => void response.writeHead(302, { location: "/again" }).end();
    await expect(facts()).rejects.toMatchObject({ code: "URL_UNSUPPORTED" });
  });

  it("is not there is reported as unreachable, and an address with a password is refused unread", async () => {
    await expect(facts(source({ url: "http://127.0.0.1:1/x" }))).rejects.toMatchObject({
      code: "SERVER_UNREACHABLE",
    });
    const failure = await facts(source({ url: "http://box:hush@127.0.0.1:1/x" })).catch(
      (error: unknown) => error,
    );
    expect(failure).toMatchObject({ code: "URL_UNSUPPORTED" });
    expect(String(failure)).not.toContain("hush");
  });
});

function randomish(size: number): Buffer {
  const parts = Array.from({ length: Math.ceil(size / 64) }, (_, index) =>
    createHash("sha512").update(`${index}`).digest(),
  );
  return Buffer.concat(parts).subarray(0, size);
}
