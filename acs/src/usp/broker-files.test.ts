import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { brokerConfig, passwordFile, passwordHash, readPasswords, replaceFile } from "./broker-files.ts";

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "tonalite-broker-files-"));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

it("the password file goes round, and has mosquitto_passwd's own form", async () => {
  const path = join(directory, "passwords");
  expect(await readPasswords(path)).toEqual(new Map());
  const passwords = new Map([
    ["0019B9-S%201", await passwordHash("a")],
    ["b", await passwordHash("a")],
  ]);
  await replaceFile(path, passwordFile(passwords), undefined);
  expect(await readPasswords(path)).toEqual(passwords);
  expect(passwords.get("b")).not.toBe(passwords.get("0019B9-S%201"));
  await promisify(execFile)("mosquitto_passwd", ["-b", path, "theirs", "a"]);
  const theirs = (await readFile(path, "utf8")).split("\n").find((line) => line.startsWith("theirs:")) ?? "";
  const shape = (hash: string | undefined): number[] => (hash ?? "").split("$").map((part) => part.length);
  expect(shape(theirs.slice("theirs:".length))).toEqual(shape(passwords.get("b")));
});

it("nobody comes in unnamed, and everything is bounded", () => {
  const config = brokerConfig("127.0.0.1", 1883);
  for (const line of [
    "listener 1883 127.0.0.1",
    "allow_anonymous false",
    "use_username_as_clientid true",
    "set_tcp_nodelay true",
  ]) {
    expect(config.split("\n")).toContain(line);
  }
  expect(config).toMatch(/^message_size_limit \d+$/m);
  expect(config).toMatch(/^memory_limit \d+$/m);
});
