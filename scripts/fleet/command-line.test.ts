import { describe, expect, it } from "vitest";
import { parseCommandLine, UsageError } from "./command-line.ts";

const least = ["--acs", "http://127.0.0.1:7547/", "--devices", "3"];

describe("the command line of a fleet", () => {
  it("has defaults for all but the ACS and the number of boxes", () => {
    expect(parseCommandLine(least)).toMatchObject({
      devices: 3,
      profile: "virtual/sim",
      rate: 50,
      period: 60,
    });
  });

  it("gives help wherever it is asked for", () => {
    expect(parseCommandLine(["--help"])).toBe("help");
    expect(parseCommandLine([...least, "-h"])).toBe("help");
  });

  it.each([
    [["--devices", "1"], /--acs is needed/],
    [["--acs", "http://127.0.0.1:9/"], /--devices is needed/],
    [["--acs", "nowhere", "--devices", "1"], /--acs must be a URL such as/],
    [["--acs", "http://127.0.0.1:9/", "--devices", "many"], /--devices must be a number/],
    [["--acs", "http://127.0.0.1:9/", "--devices", "0"], /--devices must be at least 1/],
    [["--acs", "http://127.0.0.1:9/", "--devices", "1.5"], /whole number/],
    [[...least, "--usp", "http://127.0.0.1"], /--usp must be a URL such as mqtt:/],
    [[...least, "--api", "http://127.0.0.1:8080"], /go together/],
    [[...least, "--churn", "101"], /--churn must be at most 100/],
    [[...least, "--prefix", "a b"], /--prefix/],
    [[...least, "--colour"], /colour/],
  ])("refuses %j", (args, words) => {
    expect(() => parseCommandLine(args)).toThrow(UsageError);
    expect(() => parseCommandLine(args)).toThrow(words);
  });
});
