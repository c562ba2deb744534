import { describe, expect, it } from "vitest";
import { answerChallenge } from "../connection-request/digest-client.ts";
import { cwmpHa1 } from "../secrets/credentials.ts";
import { createDigestGuard, readDigest } from "./digest.ts";
import { createNonceIssuer } from "./nonce.ts";

const account = { username: "box", password: "secret" };
const ha1 = cwmpHa1(account.username, account.password);

function answer(challenges: string[], uri = "/") {
  const credentials = readDigest(answerChallenge(challenges, account, "POST", uri));
  if (!credentials) throw new Error("no answer");
  return credentials;
}

describe("digest authentication", () => {
  const guard = createDigestGuard();

  it("accepts both algorithms", () => {
    for (const [which, length] of [
      [0, 64],
      [1, 32],
    ] as const) {
      const credentials = answer([guard.challenge(false)[which] ?? ""]);
      expect(credentials.response).toHaveLength(length);
      expect(guard.verify(credentials, ha1, "POST", "/")).toBe("ok");
    }
  });

  it("refuses another method, target or password", () => {
    const credentials = answer(guard.challenge(false));
    expect(guard.verify(credentials, ha1, "GET", "/")).toBe("wrong");
    expect(guard.verify(credentials, ha1, "POST", "/other")).toBe("wrong");
    expect(guard.verify(credentials, cwmpHa1("box", "else"), "POST", "/")).toBe("wrong");
    expect(guard.verify({ ...credentials, nc: "zz" }, ha1, "POST", "/")).toBe("wrong");
    expect(guard.verify({ ...credentials, response: "" }, ha1, "POST", "/")).toBe("wrong");
  });

  it("accepts an absolute uri", () => {
    const credentials = answer(guard.challenge(false), "http://acs.example.net/");
    expect(guard.verify(credentials, ha1, "POST", "/")).toBe("ok");
  });

  it("asks again after a replay, and for a nonce of another process", () => {
    const credentials = answer(guard.challenge(false));
    expect(guard.verify(credentials, ha1, "POST", "/")).toBe("ok");
    expect(guard.verify(credentials, ha1, "POST", "/")).toBe("stale");
    const foreign = answer(createDigestGuard().challenge(false));
    expect(guard.verify(foreign, ha1, "POST", "/")).toBe("stale");
  });

  it.each([
    undefined,
    "",
    "Basic Ym94OnNlY3JldA==",
    "Digest ",
    'Digest username="x"',
    `Digest ${"a".repeat(5000)}`,
  ])("does not take %s for a digest", (header) => expect(readDigest(header)).toBeUndefined());
});

describe("nonces", () => {
  it("count upwards, end with their time, and are never accepted twice when memory ran out", () => {
    let now = 1_000_000;
    const nonces = createNonceIssuer({ lifetimeMs: 1000, capacity: 2, now: () => now });
    const first = nonces.issue();
    expect(nonces.spend(first, 1)).toBe("fresh");
    expect(nonces.spend(first, 3)).toBe("fresh");
    expect(nonces.spend(first, 2)).toBe("replayed");
    now += 1;
    const others = [nonces.issue(), nonces.issue()];
    for (const nonce of others) expect(nonces.spend(nonce, 1)).toBe("fresh");
    expect(nonces.spend(first, 4)).toBe("stale"); // forgotten, with all that is as old
    now += 2000;
    expect(nonces.spend(nonces.issue(), undefined)).toBe("fresh");
    expect(nonces.spend(others[1] ?? "", 2)).toBe("stale");
  });

  it("are good for one use without a count", () => {
    const nonces = createNonceIssuer();
    const nonce = nonces.issue();
    expect(nonces.spend(nonce, undefined)).toBe("fresh");
    expect(nonces.spend(nonce, undefined)).toBe("replayed");
  });

  it("cannot be forged or respelt", () => {
    const nonces = createNonceIssuer();
    const nonce = nonces.issue();
    const flipped = (nonce.startsWith("A") ? "B" : "A") + nonce.slice(1);
    for (const forged of ["", "x", flipped, `${nonce}=`, `${nonce} `])
      expect(nonces.spend(forged, 1)).toBe("forged");
  });
});
