import { describe, expect, it } from "vitest";
import { readOptions, UsageError } from "./server-options.ts";

describe("the ACS's command line", () => {
  it("fills in the usual", () => {
    expect(readOptions(["--data", "d"], {})).toMatchObject({
      dataDir: "d",
      httpPort: 8080,
      cwmpPort: 7547,
      mqttPort: undefined,
    });
    expect(readOptions(["--data", "d", "--mqtt", "0"], { DATABASE_URL: "postgres://h/d" })).toMatchObject({
      mqttPort: 0,
      databaseUrl: "postgres://h/d",
    });
    const tls = ["--tls-cert", "c.pem", "--tls-key", "k.pem", "--cwmp-clear", "7547"];
    expect(readOptions(["--data", "d", ...tls], {})).toMatchObject({
      tls: { certificate: "c.pem", key: "k.pem", boxAuthorities: undefined, clearCwmpPort: 7547 },
    });
    expect(readOptions(["--help"], {})).toBe("help");
  });

  it.each([
    [[], /--data DIR is needed/],
    [["--data", "d", "--http", "70000"], /--http 70000/],
    [["--data", "d", "--cwmp", "x"], /--cwmp x/],
    [["--data", "d", "--nonsense"], /nonsense/],
    [["--data", "d", "stray"], /stray/],
    [["--data", "d", "--log", "loud"], /loud/],
    [["--data", "d", "--inform-interval", "0"], /inform-interval/],
    [["--data", "d", "--tls-cert", "c.pem"], /--tls-key/],
    [["--data", "d", "--tls-key", "k.pem"], /--tls-cert/],
    [["--data", "d", "--box-ca", "ca.pem"], /--box-ca needs TLS/],
    [["--data", "d", "--cwmp-clear", "1"], /--cwmp-clear needs TLS/],
  ])("refuses %j in words", (args, message) => {
    expect(() => readOptions(args, {})).toThrow(UsageError);
    expect(() => readOptions(args, {})).toThrow(message);
  });

  it("does not repeat a database password", () => {
    expect(() => readOptions(["--data", "d", "--database-url", "mysql://u:hidden@h/"], {})).toThrow(
      /^(?!.*hidden)/,
    );
  });
});
