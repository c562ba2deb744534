import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { order, SimulatedBox } from "./simulation/box.ts";
import { makeImage } from "./simulation/image.ts";
import { createChance } from "./simulation/power.ts";
import { createHttpTransport } from "./transport.ts";

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const image = makeImage("2.0.0");
const transport = createHttpTransport({ silenceMs: 100, answerMs: 250, floor: { bytes: 4096, ms: 100 } });
const attempts = 4;

let server: Server;
let answer: Answer;
let asked: { at: number; range: string }[];
let url: string;
let box: SimulatedBox;

beforeEach(async () => {
  asked = [];
  answer = good();
  server = createServer((request, response) => {
    asked.push({ at: performance.now(), range: request.headers.range ?? "" });
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/image`;
  box = new SimulatedBox(createChance(1), image);
  box.transport = transport;
  box.retry = { attempts, firstMs: 1, longestMs: 1, longestAskedMs: 50 };
  box.order = { ...order, url };
  await box.leaveFactory();
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

/** A server as it should be; `body` may change the bytes of a range. */
function good(file = image, etag = '"1"', body?: (bytes: Buffer, response: ServerResponse) => void): Answer {
  return (request, response) => {
    const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "");
    const whole = !range || (request.headers["if-range"] ?? etag) !== etag;
    const start = whole ? 0 : Number(range[1]);
    const end = whole || range[2] === "" ? file.length : Math.min(file.length, Number(range[2]) + 1);
    const bytes = file.subarray(start, end);
    response.writeHead(whole ? 200 : 206, {
      etag,
      "content-length": bytes.length,
      ...(!whole && { "content-range": `bytes ${start}-${end - 1}/${file.length}` }),
    });
    if (body) body(bytes, response);
    else response.end(bytes);
  };
}
/** The header is served well; what the download is answered is `then`. */
function afterHeader(then: Answer): Answer {
  return (request, response) =>
    (request.headers.range === "bytes=0-65535" ? good() : then)(request, response);
}
const toRest = async (): Promise<void> => {
  for (let boots = 0; boots < 20; boots += 1) if ((await box.boot()) === "rest") return;
  throw new Error(`never came to rest, last in ${JSON.stringify(box.stored())}`);
};
/** What must be after every refusal: nothing touched, nothing kept, and the next order works. */
const expectUnharmed = async (): Promise<void> => {
  expect(box.running).toEqual({ slot: "a", version: "1.0.0" });
  expect(await box.slotContent("a")).toBe("1.0.0");
  expect(await box.disk.list("/state/update")).toEqual([]);
  answer = good();
  box.order = { ...order, url, commandKey: "key-2" };
  await toRest();
  expect(box.stored()?.state, JSON.stringify(box.stored())).toBe("committed");
};

describe("an update from a server that", () => {
  const cut = (length: number): Answer =>
    good(image, '"1"', (bytes, response) =>
      response.write(bytes.subarray(0, length), () => setTimeout(() => response.destroy(), 5)),
    );
  const cases: [string, () => Answer, string, number][] = [
    ["stalls before it answers", () => () => {}, "SERVER_UNREACHABLE", 9015],
    [
      "drips its answer's head for ever",
      () => (request) => {
        request.socket.write("HTTP/1.1 206 Partial Content\r\n");
        const timer = setInterval(() => request.socket.write("x: y\r\n"), 20);
        request.socket.on("close", () => clearInterval(timer));
      },
      "SERVER_UNREACHABLE",
      9015,
    ],
    [
      "stalls in the middle",
      () => afterHeader(good(image, '"1"', (bytes, response) => response.write(bytes.subarray(0, 9000)))),
      "DOWNLOAD_INCOMPLETE",
      9017,
    ],
    [
      "drips bytes for ever",
      () =>
        afterHeader(
          good(image, '"1"', (bytes, response) => {
            let sent = 0;
            const timer = setInterval(() => response.write(bytes.subarray(sent, ++sent)), 10);
            response.on("close", () => clearInterval(timer));
          }),
        ),
      "DOWNLOAD_INCOMPLETE",
      9017,
    ],
    ["breaks off at the same byte", () => afterHeader(cut(0)), "DOWNLOAD_INCOMPLETE", 9017],
    [
      "knows no ranges and always breaks off",
      () =>
        afterHeader((request, response) => {
          delete request.headers.range;
          cut(30_000)(request, response);
        }),
      "DOWNLOAD_INCOMPLETE",
      9017,
    ],
    [
      "answers another range than it was asked for",
      () =>
        afterHeader((_request, response) => {
          response.writeHead(206, {
            etag: '"1"',
            "content-range": `bytes 100-${image.length - 1}/${image.length}`,
          });
          response.end(image.subarray(100));
        }),
      "DOWNLOAD_INCOMPLETE",
      9017,
    ],
    [
      "is always busy",
      () => (_request, response) => void response.writeHead(503, { "retry-after": "86400" }).end(),
      "FILE_UNAVAILABLE",
      9016,
    ],
    [
      "says a longer Content-Length than it has",
      () =>
        afterHeader((_request, response) => {
          response.writeHead(206, {
            etag: '"1"',
            "content-length": image.length + 1000,
            "content-range": `bytes 0-${image.length - 1}/${image.length}`,
          });
          response.write(image.subarray(0, 5000), () => response.destroy());
        }),
      "DOWNLOAD_INCOMPLETE",
      9017,
    ],
    [
      "says a shorter Content-Length than the image has",
      () => (_request, response) => {
        response.writeHead(200, { "content-length": 50_000 }).end(image.subarray(0, 50_000));
      },
      "IMAGE_CORRUPTED",
      9018,
    ],
    ["has a truncated file", () => good(image.subarray(0, 40_000)), "IMAGE_CORRUPTED", 9018],
    ["has only a piece of the header", () => good(image.subarray(0, 300)), "IMAGE_CORRUPTED", 9018],
    ["has an empty file", () => (_request, response) => void response.end(), "IMAGE_CORRUPTED", 9018],
    ["has a larger file", () => good(Buffer.concat([image, Buffer.alloc(100_000)])), "IMAGE_CORRUPTED", 9018],
    [
      "sends without an end and says no length",
      () => (_request, response) => {
        response.writeHead(200);
        response.write(image);
        const timer = setInterval(() => response.write(Buffer.alloc(64 * 1024)), 1);
        response.on("close", () => clearInterval(timer));
      },
      "IMAGE_CORRUPTED",
      9018,
    ],
    [
      "has another file at every request",
      () => {
        let version = 0;
        return (request, response) => good(image, `"${++version}"`)(request, response);
      },
      "IMAGE_CORRUPTED",
      9018,
    ],
  ];
  it.each(cases)("%s ends with the right status, and no loop", async (_what, make, code, fault) => {
    answer = make();
    await toRest();
    expect(box.stored(), JSON.stringify(box.stored())).toMatchObject({ state: "rejected", code });
    expect(box.reports.map((report) => report.fault.code)).toEqual([fault]);
    expect(box.reports[0]?.fault.string).not.toBe("");
    expect(asked.length).toBeLessThanOrEqual(2 * attempts + 4);
    await expectUnharmed();
  });

  it("knows no ranges at all is good enough", async () => {
    answer = (request, response) => {
      delete request.headers.range;
      good()(request, response);
    };
    await toRest();
    expect(box.stored()?.state).toBe("committed");
  });

  it("changes the file in between once gives the new one", async () => {
    const newer = makeImage("2.0.0", { manifest: { createdAt: "2026-02-02T00:00:00Z" } });
    let first = true;
    answer = (request, response) => {
      good(first ? image : newer, first ? '"1"' : '"2"')(request, response);
      first = false;
    };
    await toRest();
    expect(box.stored()?.state).toBe("committed");
    expect(box.journal.filter((state) => state === "checking")).toHaveLength(2);
  });

  it("is busy for a while is asked when it said, and the reason is shown", async () => {
    box.retry = { attempts, firstMs: 1, longestMs: 1, longestAskedMs: 60_000 };
    let busy = true;
    answer = (request, response) => {
      if (busy) response.writeHead(503, { "retry-after": "1" }).end();
      else good()(request, response);
      busy = false;
    };
    await toRest();
    expect(box.stored()?.state).toBe("committed");
    const [first, second] = asked;
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(990);
    expect(box.views.some(({ reason }) => /answered 503.*again in 1 s/.test(reason))).toBe(true);
  });

  it("says when by its own clock is understood without a clock here", async () => {
    box.retry = { attempts, firstMs: 1, longestMs: 1, longestAskedMs: 60_000 };
    let busy = true;
    answer = (request, response) => {
      const date = "Fri, 01 Jan 2027 00:00:00 GMT";
      const retry = "Fri, 01 Jan 2027 00:00:01 GMT";
      if (busy) response.writeHead(503, { date, "retry-after": retry }).end();
      else good()(request, response);
      busy = false;
    };
    await toRest();
    expect(box.stored()?.state).toBe("committed");
    expect((asked[1]?.at ?? 0) - (asked[0]?.at ?? 0)).toBeGreaterThanOrEqual(990);
  });
});

describe("a full disk", () => {
  it("in the middle of the download is said so, and gives its room back", async () => {
    box.disk.room = 100_000;
    await toRest();
    expect(box.stored()).toMatchObject({ state: "rejected", code: "NO_SPACE" });
    expect(box.reports[0]?.fault.code).toBe(9010);
    box.disk.room = Number.POSITIVE_INFINITY;
    await expectUnharmed();
  });

  it("in the middle of the installation leaves the running slot and its room", async () => {
    box.disk.room = 160_000;
    await toRest();
    expect(box.stored()).toMatchObject({ state: "rejected", code: "NO_SPACE" });
    expect(box.journal).toContain("installing");
    box.disk.room = Number.POSITIVE_INFINITY;
    await expectUnharmed();
  });

  it("that leaves the records no room either ends nevertheless", async () => {
    box.disk.room = 100_000;
    // As a store on the same disk: nothing can be written while the image's piece fills it.
    box.storeNeeds = 20_000;
    await toRest();
    expect(box.stored()).toMatchObject({ state: "rejected", code: "NO_SPACE" });
  });
});

describe("a clock that is not set", () => {
  beforeEach(() => {
    box.now = () => new Date("1970-01-01T00:05:00Z");
  });

  it("hinders no update over HTTP, and its times are reported as unknown", async () => {
    await toRest();
    expect(box.stored()?.state).toBe("committed");
    expect(box.reports[0]).toMatchObject({
      startTime: "0001-01-01T00:00:00Z",
      completeTime: "0001-01-01T00:00:00Z",
    });
  });

  it("makes no deadline pass", async () => {
    box.order = { ...order, url, deadline: "2026-01-01T00:00:00Z" };
    box.idle = { idle: false, why: "the handset is off the hook", call: false };
    const life = box.boot();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(box.stored()?.state).toBe("waiting");
    box.now = () => new Date("2026-01-01T00:00:01Z");
    expect(await life).toBe("restart");
  });

  it("lets an HTTPS server wait until its certificate can be judged", async () => {
    const secure = url.replace("http:", "https:");
    box.order = { ...order, url: secure };
    // What the server speaks is not the question here: it is not asked before.
    box.transport = { open: async (request) => await transport.open({ ...request, url }) };
    const life = box.boot();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(asked).toEqual([]);
    expect(box.views.at(-1)?.reason).toMatch(/clock/);
    expect(box.stored()?.state).toBe("checking");
    box.now = () => new Date("2026-01-01T00:00:00Z");
    expect(await life).toBe("restart");
  });

  it("for ever refuses an update over HTTPS in words", async () => {
    box.order = { ...order, url: url.replace("http:", "https:") };
    box.clockPatienceMs = 30;
    await toRest();
    expect(box.stored()).toMatchObject({ state: "rejected", code: "SERVER_UNREACHABLE" });
    expect(box.stored()?.reason).toMatch(/clock/);
    expect(asked).toEqual([]);
  });
});
