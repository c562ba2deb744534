import { beforeEach, describe, expect, it } from "vitest";
import { releaseCrypto as crypto } from "../../shell/update/release-crypto.ts";
import { createChance } from "../../shell/update/simulation/power.ts";
import { newKey, TestRepository, type RepositoryKey } from "../../shell/update/simulation/repository.ts";
import {
  decodeMetadata,
  decodeRelease,
  encodeRelease,
  factoryRelease,
  refreshRelease,
  ReleaseError,
  type CurrentRelease,
  type Metadata,
  type TrustedRelease,
} from "./index.ts";

const noon = "2026-06-01T12:00:00Z";

/** A box that asks a repository, whose answers a test may replace. */
class Client {
  readonly factoryRoot: Metadata<"root">;
  trusted: TrustedRelease;
  now: string | null = noon;
  asked: string[] = [];
  answer: (file: string) => Buffer | undefined;
  constructor(repository: TestRepository, root = repository.root) {
    this.factoryRoot = decodeMetadata("root", root);
    this.trusted = factoryRelease(this.factoryRoot);
    this.answer = (file) => repository.files.get(file);
  }

  /** `cutAt`: the power goes before the state of that many is durable. What is kept passes through its record. */
  refresh(cutAt = Number.POSITIVE_INFINITY): CurrentRelease | undefined {
    this.asked = [];
    const { trusted, factoryRoot, now } = this;
    const workflow = refreshRelease({ trusted, factoryRoot, crypto, now });
    let kept = 0;
    for (let step = workflow.next(); ;) {
      if (step.done === true) return step.value;
      if (step.value.do === "fetch") {
        this.asked.push(step.value.file);
        step = workflow.next(this.answer(step.value.file));
        continue;
      }
      kept += 1;
      if (kept === cutAt) return undefined;
      const record: unknown = JSON.parse(JSON.stringify(encodeRelease(step.value.release)));
      const read = decodeRelease(record);
      if (!read) throw new Error("the record of the release cannot be read again");
      this.trusted = read;
      step = workflow.next();
    }
  }
}

let repository: TestRepository;
let client: Client;
beforeEach(() => {
  repository = new TestRepository();
  client = new Client(repository);
});

function refusal(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof ReleaseError) return `${error.code}: ${error.message}`;
    throw error;
  }
  return "believed";
}
const refused = (): string => refusal(() => client.refresh());

describe("a repository that is as it should be", () => {
  it("is believed, in the order of the specification", () => {
    const current = client.refresh();
    expect(client.asked).toEqual(["2.root.json", "timestamp.json", "1.snapshot.json", "1.targets.json"]);
    expect(current?.targets.signed.version).toBe(1);
    expect(client.trusted.checkedAt).toBe(noon);
  });

  it("is asked for nothing but its timestamp when nothing is new", () => {
    client.refresh();
    client.refresh();
    expect(client.asked).toEqual(["2.root.json", "timestamp.json"]);
  });

  it("is followed to a new snapshot that lists the same targets", () => {
    client.refresh();
    repository.publishSnapshot();
    repository.publishTimestamp();
    client.refresh();
    expect(client.asked).toEqual(["2.root.json", "timestamp.json", "2.snapshot.json"]);
  });

  it("may say more than this box knows", () => {
    repository.publishRoot(repository.roles.root.keys, { "x-note": { deep: [1, true, null, 'q"\\'] } });
    expect(client.refresh()?.root.signed.version).toBe(2);
  });
});

describe("keys", () => {
  it.each(["timestamp", "snapshot", "targets"] as const)("of strangers do not sign %s", (role) => {
    const stranger = [newKey()];
    if (role === "targets") repository.publishTargets(stranger);
    if (role !== "timestamp") repository.publishSnapshot(role === "snapshot" ? stranger : undefined);
    repository.publishTimestamp(role === "timestamp" ? stranger : undefined);
    expect(refused()).toMatch(
      new RegExp(`^SIGNATURES_INSUFFICIENT: ${role} 2 of the release metadata has 0 of the 1`),
    );
  });

  it("of one role do not sign for another", () => {
    repository.publishTargets(repository.roles.timestamp.keys);
    repository.publishSnapshot();
    repository.publishTimestamp();
    expect(refused()).toMatch(/^SIGNATURES_INSUFFICIENT: targets/);
  });

  it("must be as many as the threshold says", () => {
    repository.publishRoot(repository.roles.root.keys.slice(0, 1));
    expect(refused()).toMatch(/^SIGNATURES_INSUFFICIENT: root 2 .* has 1 of the 2 signatures that root 1/);
  });

  it("count once, under however many names", () => {
    const twin = { ...(repository.roles.root.keys[0] as RepositoryKey), id: "ab".repeat(32) };
    repository.roles.targets = { keys: [repository.roles.root.keys[0] as RepositoryKey, twin], threshold: 2 };
    repository.publishRoot();
    repository.publish();
    expect(refused()).toMatch(/^SIGNATURES_INSUFFICIENT: targets 2 .* has 1 of the 2/);
  });

  it("sign exactly what is said", () => {
    for (const [name, bytes] of repository.files)
      repository.files.set(name, Buffer.from(bytes.toString().replace("2030-", "2031-")));
    expect(refused()).toMatch(/^SIGNATURES_INSUFFICIENT: timestamp/);
  });
});

describe("a rotation of the root", () => {
  it("goes through every version, whatever expired on the way", () => {
    repository.expires.root = "2020-01-01T00:00:00Z";
    repository.publishRoot();
    repository.publishRoot();
    repository.expires.root = "2030-01-01T00:00:00Z";
    repository.publishRoot();
    expect(client.refresh()?.root.signed.version).toBe(4);
    expect(client.asked.slice(0, 4)).toEqual(["2.root.json", "3.root.json", "4.root.json", "5.root.json"]);
  });

  it("needs the old keys and the new ones", () => {
    const old = repository.roles.root.keys;
    const next = [newKey(), newKey()];
    repository.roles.root = { keys: next, threshold: 2 };
    repository.publishRoot(old);
    expect(refused()).toMatch(/^SIGNATURES_INSUFFICIENT: root 2 .* that root 2 demands/);
    repository.versions.root = 1;
    repository.publishRoot(next);
    expect(refused()).toMatch(/^SIGNATURES_INSUFFICIENT: root 2 .* that root 1 demands/);
    repository.versions.root = 1;
    repository.publishRoot([...old, ...next]);
    expect(client.refresh()?.root.signed.version).toBe(2);
    repository.publishRoot(old);
    expect(refused()).toMatch(/^SIGNATURES_INSUFFICIENT: root 3/);
  });

  it("does not let a file pass for another version", () => {
    repository.publishRoot();
    repository.files.set("3.root.json", repository.file("2.root.json"));
    repository.files.set("2.root.json", client.factoryRoot.bytes as Buffer);
    expect(refused()).toMatch(/^ROLLBACK: 2.root.json .* says it is version 1/);
  });

  it("ends old keys of the online roles, and what a thief published with them", () => {
    const stolen = repository.roles.timestamp.keys;
    repository.versions.timestamp = 2_000_000_000;
    repository.publishTimestamp();
    client.refresh();
    repository.versions.timestamp = 1;
    repository.publishTimestamp();
    expect(refused()).toMatch(/^ROLLBACK: the release metadata goes back: timestamp 2 after 2000000001/);
    repository.roles.timestamp = { keys: [newKey()], threshold: 1 };
    repository.publishRoot();
    repository.versions.timestamp = 1;
    repository.publishTimestamp();
    expect(client.refresh()?.timestamp.signed.version).toBe(2);
    repository.publishTimestamp(stolen);
    expect(refused()).toMatch(/^SIGNATURES_INSUFFICIENT: timestamp/);
  });

  it("is bounded for one check, and goes on at the next", () => {
    for (let count = 0; count < 70; count += 1) repository.publishRoot();
    client.refresh();
    expect(client.trusted.root.signed.version).toBe(65);
    expect(client.refresh()?.root.signed.version).toBe(71);
  });

  it("may come with a new image of the box instead", () => {
    client.refresh();
    repository.publishRoot();
    const updated = new Client(repository);
    updated.trusted = client.trusted;
    repository.files.delete("2.root.json");
    expect(updated.refresh()?.root.signed.version).toBe(2);
  });
});

describe("expiry", () => {
  it.each(["root", "timestamp", "snapshot", "targets"] as const)("of %s is a freeze", (role) => {
    repository.expires[role] = "2026-06-01T12:00:00Z";
    if (role === "root") repository.publishRoot();
    repository.publish();
    client.now = "2026-06-01T11:59:59Z";
    expect(client.refresh()).toBeDefined();
    client.now = noon;
    expect(refused()).toMatch(
      new RegExp(`^EXPIRED: ${role} \\d of the release metadata expired at 2026-06-01`),
    );
  });

  it("of what was believed before is no way round it", () => {
    client.refresh();
    client.now = "2030-06-01T00:00:00Z";
    expect(refused()).toMatch(/^EXPIRED/);
  });

  it("is not judged by a clock that was never set, and everything else is", () => {
    repository.expires.timestamp = "2020-01-01T00:00:00Z";
    repository.publish();
    client.now = null;
    expect(client.refresh()).toBeDefined();
    expect(client.trusted.checkedAt).toBeNull();
    repository.publishTimestamp([newKey()]);
    expect(refused()).toMatch(/^SIGNATURES_INSUFFICIENT/);
  });

  it("is judged by the last check while the clock is not set", () => {
    client.refresh();
    repository.expires.timestamp = "2026-05-01T00:00:00Z";
    repository.publish();
    client.now = null;
    expect(refused()).toMatch(/^EXPIRED: timestamp 2/);
  });
});

describe("an older state of the repository", () => {
  it("is refused when its timestamp is older", () => {
    const old = repository.file("timestamp.json");
    repository.publishTimestamp();
    client.refresh();
    repository.files.set("timestamp.json", old);
    expect(refused()).toMatch(/^ROLLBACK: .* timestamp 1 after 2 was seen/);
  });

  it("is refused when a newer timestamp names an older snapshot", () => {
    repository.publish();
    client.refresh();
    repository.versions.snapshot = 0;
    repository.publishSnapshot();
    repository.publishTimestamp();
    expect(refused()).toMatch(/^ROLLBACK: .* snapshot 1 after 2 was seen/);
  });

  it("is refused when a newer snapshot names older targets, or none of what it named", () => {
    repository.publish();
    client.refresh();
    repository.versions.targets = 1;
    repository.publishSnapshot();
    repository.publishTimestamp();
    expect(refused()).toMatch(/^ROLLBACK: .* targets.json 1 after 2 was seen/);
    repository.versions.targets = 2;
    repository.publishSnapshot(undefined, { "others.json": { version: 1 } });
    repository.publishTimestamp();
    client.refresh();
    repository.publishSnapshot();
    repository.publishTimestamp();
    expect(refused()).toMatch(/^ROLLBACK: .* others.json 0 after 1 was seen/);
  });

  it("does not come back with a second content of one version", () => {
    client.refresh();
    repository.versions.timestamp = 0;
    repository.publishSnapshot();
    repository.publishTimestamp();
    expect(client.refresh()?.snapshot.signed.version).toBe(1);
  });
});

describe("files of different states", () => {
  it("do not go together", () => {
    repository.publish();
    repository.files.set("2.snapshot.json", repository.file("1.snapshot.json"));
    expect(refused()).toMatch(/^MIXED: 2.snapshot.json/);
    repository.publish();
    repository.files.set("3.targets.json", repository.file("2.targets.json"));
    expect(refused()).toMatch(/^MIXED: 3.targets.json/);
  });

  it("are noticed by the version where no hash is given", () => {
    repository.put("1.snapshot.json", "snapshot", { meta: { "targets.json": { version: 1 } } }, [
      ...repository.roles.snapshot.keys,
    ]);
    repository.publishTimestamp();
    repository.files.set("1.targets.json", repository.file("1.snapshot.json"));
    expect(refused()).toMatch(/^METADATA_INVALID: targets.json is not valid: _type/);
    repository.publishTargets();
    repository.files.set("1.targets.json", repository.file("2.targets.json"));
    expect(refused()).toMatch(/^MIXED: 1.targets.json .* says it is version 2/);
  });
});

describe("what cannot be read", () => {
  const wrong = (name: string, bytes: Buffer): string => {
    repository.files.set(name, bytes);
    return refused();
  };
  it("is refused in words", () => {
    expect(wrong("timestamp.json", Buffer.from("{"))).toMatch(
      /^METADATA_INVALID: timestamp.json is not JSON/,
    );
    expect(wrong("timestamp.json", Buffer.from('{"signed":"é"}'))).toMatch(/^METADATA_INVALID: .*plain/);
    expect(wrong("timestamp.json", Buffer.alloc(16 * 1024 + 1, 32))).toMatch(/^METADATA_TOO_LARGE/);
    repository.files.delete("timestamp.json");
    expect(refused()).toBe("METADATA_MISSING: the release metadata has no timestamp.json");
  });

  it.each<[string, (text: string) => string]>([
    ["a version that is no number", (text) => text.replace('"version":1', '"version":1.5')],
    ["a version beyond all bounds", (text) => text.replace('"version":1', '"version":99999999999')],
    ["another specification", (text) => text.replace("1.0.31", "2.0.0")],
    ["a key that signed twice", (text) => text.replace(/"signatures":\[(.*?)\]/, '"signatures":[$1,$1]')],
    ["a date that is none", (text) => text.replace("2030-01-01T00:00:00Z", "soon")],
    [
      "nesting without end",
      (text) => text.replace('"signed":{', `"signed":{"x":${"[".repeat(5000)}${"]".repeat(5000)},`),
    ],
  ])("%s is refused", (_what, change) => {
    const bytes = Buffer.from(change(repository.file("timestamp.json").toString()));
    expect(wrong("timestamp.json", bytes)).toMatch(/^METADATA_INVALID/);
  });

  it("a root that could never be satisfied, or names keys it lacks, is refused", () => {
    repository.roles.targets = { keys: [newKey()], threshold: 2 };
    repository.publishRoot();
    expect(refused()).toMatch(/^METADATA_INVALID: root.json is not valid: roles.targets: more signatures/);
    repository.versions.root = 1;
    repository.roles.targets = { keys: [newKey()], threshold: 1 };
    repository.publishRoot(undefined, { keys: {} });
    expect(refused()).toMatch(/^METADATA_INVALID: root.json .* a role names a key/);
  });
});

describe("bytes that were changed anywhere", () => {
  it("are never believed, and never more than refused", () => {
    repository.targets = {
      "a.img": { length: 5, hashes: { sha256: "0".repeat(64) }, custom: { any: [1, "x"] } },
    };
    repository.publish();
    const chance = createChance(17);
    const names = ["timestamp.json", "2.snapshot.json", "2.targets.json"];
    for (let round = 0; round < 600; round += 1) {
      const name = names[round % names.length] ?? "";
      const whole = repository.file(name);
      const bytes = Buffer.from(
        whole.subarray(0, chance.below(4) === 0 ? chance.below(whole.length) : whole.length),
      );
      for (let edits = chance.below(3) + 1; edits > 0 && bytes.length > 0; edits -= 1)
        bytes[chance.below(bytes.length)] = chance.below(256);
      const box = new Client(repository);
      box.answer = (file) => (file === name ? bytes : repository.files.get(file));
      let current: CurrentRelease | undefined;
      const words = refusal(() => (current = box.refresh()));
      // Space between tokens is not signed in the timestamp, whose hash nobody knows before.
      if (words === "believed")
        expect(current?.timestamp.canonical).toEqual(
          decodeMetadata("timestamp", repository.file("timestamp.json")).canonical,
        );
    }
  });
});

describe("a power cut while the state is stored", () => {
  it("leaves a state that goes on to the same end", () => {
    repository.publishRoot();
    for (let cutAt = 1; cutAt <= 4; cutAt += 1) {
      const box = new Client(repository, repository.file("1.root.json"));
      expect(box.refresh(cutAt)).toBeUndefined();
      expect(box.refresh()?.targets.signed.version).toBe(1);
      expect(box.trusted.root.signed.version).toBe(2);
    }
  });

  it("does not lose what was seen already", () => {
    repository.publish();
    expect(client.refresh(2)).toBeUndefined();
    repository.publish();
    const newest = new Map(repository.files);
    expect(client.refresh(2)).toBeUndefined();
    repository.files.set("timestamp.json", newest.get("timestamp.json") as Buffer);
    expect(client.refresh()?.timestamp.signed.version).toBe(3);
  });

  it("is told from a record that is damaged", () => {
    expect(decodeRelease({ format: 1, root: "{}" })).toBeUndefined();
    expect(decodeRelease({ ...encodeRelease(client.trusted), timestamp: "{}" })).toBeUndefined();
  });
});
