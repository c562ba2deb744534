import { execFile } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { connect, getCACertificates, setDefaultCACertificates } from "node:tls";
import type { Device, FirmwareImage, Update } from "@tonalite/acs/api";
import { openLaboratoryCertificates, opensslIsMissing } from "@tonalite/acs/laboratory-certificates";
import { startAcs, startAta } from "@tonalite/scripts/demo";
import type { AcsProcess, Ata } from "@tonalite/scripts/demo";
import { buildImage, createKeyPair } from "@tonalite/scripts/firmware";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "./stage.ts";

type Registered = { device: Device; credentials: { cwmpUsername: string; cwmpPassword: string } };

/* Nothing between box and ACS in the clear: the console's port, CWMP, firmware and the broker. */
describe.skipIf(opensslIsMissing)("an ACS over TLS", () => {
  const folder = mkdtempSync(join(tmpdir(), "tonalite-e2e-"));
  const systems = getCACertificates();
  const boxes: Ata[] = [];
  let certificates: ReturnType<typeof openLaboratoryCertificates>;
  let keys: ReturnType<typeof createKeyPair>;
  let acs: AcsProcess;

  beforeAll(async () => {
    certificates = openLaboratoryCertificates();
    for (const name of ["provider", "elsewhere", "factory"]) certificates.authority(name);
    for (const name of ["first", "renewed"]) certificates.issue(name, "provider", "acs.example");
    serve("first");
    keys = createKeyPair(join(folder, "signer"));
    mkdirSync(join(folder, "acs/trust"), { recursive: true });
    copyFileSync(keys.publicKeyFile, join(folder, "acs/trust/signer.pem"));
    acs = await startAcs({
      dataDir: join(folder, "acs"),
      tls: {
        certificate: certificates.path("live.crt"),
        key: certificates.path("live.key"),
        boxAuthorities: certificates.path("factory.crt"),
      },
    });
    // What a browser of the provider's staff has.
    setDefaultCACertificates([...systems, certificates.text("provider.crt")]);
  });
  afterAll(async () => {
    await Promise.all(boxes.map((box) => box.stop()));
    await acs?.stop();
    setDefaultCACertificates(systems);
    certificates?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  function serve(name: string): void {
    for (const end of ["key", "crt"])
      copyFileSync(certificates.path(`${name}.${end}`), certificates.path(`live.${end}`));
  }
  const register = (serialNumber: string): Promise<Registered> =>
    acs.api.post("/api/devices", {
      oui: "02544E",
      productClass: "virtual-ata",
      serialNumber,
      profile: "virtual/sim",
      provider: "ippi",
      region: "fr",
    });
  function box(
    serial: string,
    { credentials }: Registered,
    more: Partial<Parameters<typeof startAta>[0]> = {},
  ): Ata {
    const made = startAta({
      stateDir: join(folder, serial),
      serial,
      acs: {
        url: `https://127.0.0.1:${acs.ports.cwmp}/`,
        user: credentials.cwmpUsername,
        password: credentials.cwmpPassword,
      },
      authorities: [{ name: "provider", pem: certificates.text("provider.crt") }],
      ...more,
    });
    boxes.push(made);
    return made;
  }
  const device = (id: string): Promise<Device> => acs.api.get(`/api/devices/${encodeURIComponent(id)}`);
  const overUsp = (id: string): Promise<unknown> =>
    eventually(
      `${id} over MQTT`,
      async () => ((await device(id)).connection === "usp" ? true : undefined),
      60,
    );
  const shownBy = (port: number): Promise<string> =>
    new Promise((resolve, reject) => {
      const socket = connect({ host: "127.0.0.1", port, ca: certificates.text("provider.crt") }, () => {
        resolve(socket.getPeerCertificate().serialNumber);
        socket.destroy();
      });
      socket.once("error", reject);
    });

  it("tells of its certificate, and speaks nothing but TLS", async () => {
    const health = await acs.api.get<{ certificate: { attention: boolean } | null }>("/api/health");
    expect(health.certificate).toMatchObject({ attention: true });
    for (const port of [acs.ports.http, acs.ports.cwmp])
      await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow();
  });

  it("manages a box by https and mqtts, gives it firmware, and changes its certificate under it", async () => {
    const trust = [{ name: "signer", pem: readFileSync(keys.publicKeyFile, "utf8") }];
    const one = await register("TLS1");
    const ata = box("TLS1", one, { trust });
    const { id } = one.device;
    await overUsp(id);

    const before = await shownBy(acs.ports.mqtt);
    serve("renewed");
    for (const port of [acs.ports.cwmp, acs.ports.mqtt, acs.ports.http])
      await eventually(
        `the new certificate on ${port}`,
        async () => ((await shownBy(port)) === before ? undefined : true),
        60,
      );
    expect(ata.child.output().match(/mqtt: connected/g)).toHaveLength(1);

    const { bytes } = buildImage({
      from: join(import.meta.dirname, "../../agent/dist/image"),
      version: "9.0.0",
      hardware: ["virtual/sim"],
      key: keys.privateKeyFile,
    });
    const image = await acs.api.upload<FirmwareImage>("/api/firmware", bytes);
    await acs.api.patch(`/api/devices/${encodeURIComponent(id)}`, {
      desired: { "Device.X_TONALITE_Update.QuietTime": "1" },
    });
    const order = await acs.api.post<Update>(`/api/devices/${encodeURIComponent(id)}/updates`, {
      imageId: image.id,
      force: true,
    });
    await eventually(
      "the image on the box",
      async () => {
        const { state } = await acs.api.get<Update>(`/api/updates/${order.id}`);
        return ["activating", "trial", "committing", "committed"].includes(state) ? true : undefined;
      },
      120,
    );
  });

  it("knows a box by its factory's certificate, without a password", async () => {
    const two = await register("TLS2");
    certificates.issue("box", "factory", two.device.id);
    const wrong = { ...two, credentials: { ...two.credentials, cwmpPassword: "not the one" } };
    const identity = { certificate: certificates.text("box.crt"), key: certificates.text("box.key") };
    box("TLS2", wrong, { identity });
    await overUsp(two.device.id);
  });

  it("lets no box in by the certificate of another", async () => {
    const three = await register("TLS3");
    const wrong = { ...three, credentials: { ...three.credentials, cwmpPassword: "not the one" } };
    const identity = { certificate: certificates.text("box.crt"), key: certificates.text("box.key") };
    const ata = box("TLS3", wrong, { identity });
    await eventually(
      "the refusal",
      () => (/refus|authenti|401/i.test(ata.child.output()) ? true : undefined),
      60,
    );
    expect((await device(three.device.id)).lastInformAt).toBeNull();
  });

  it("carries a simulated fleet, registered and managed over TLS alone", async () => {
    const token = join(folder, "token");
    writeFileSync(token, acs.api.token, { mode: 0o600 });
    const run = await promisify(execFile)(process.execPath, [
      join(import.meta.dirname, "../../scripts/fleet/main.ts"),
      "--acs",
      `https://127.0.0.1:${acs.ports.cwmp}/`,
      "--usp",
      `mqtts://127.0.0.1:${acs.ports.mqtt}`,
      "--api",
      acs.api.url,
      "--token-file",
      token,
      "--ca",
      certificates.path("provider.crt"),
      "--devices",
      "6",
      "--for",
      "15",
      "--json",
    ]);
    expect(JSON.parse(run.stdout)).toMatchObject({ up: 6, failures: 0 });
  });

  it("is refused by a box that does not know its authority, in words", async () => {
    const four = await register("TLS4");
    const pem = certificates.text("elsewhere.crt");
    const ata = box("TLS4", four, { authorities: [{ name: "elsewhere", pem }] });
    const words = /unable to (verify|get)|self.signed|issuer/i;
    await eventually("the box's words", () => (words.test(ata.child.output()) ? true : undefined), 60);
    expect((await device(four.device.id)).lastInformAt).toBeNull();
  });
});
