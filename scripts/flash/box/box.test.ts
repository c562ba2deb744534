import { execFileSync, spawnSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { createFactoryAuthority, issueBoxCertificate, readFactoryAuthority } from "./certificate.ts";
import { drawLabel, labelCode, type LabelContent } from "./label.ts";
import { printPdf, printPng } from "./print.ts";

const folder = mkdtempSync(join(tmpdir(), "box-"));
afterAll(() => rmSync(folder, { recursive: true }));

const content: LabelContent = {
  model: "IPPI BOX",
  serial: "TN260000012",
  mac: "02:54:4e:00:00:0c",
  claimCode: "7K3M-0QXZ-P9R4",
  owner: "Propriété d’Interfone SAS, 12 rue de l’Exemple, 75000 Paris: à rendre en fin de contrat",
};

const has = (program: string) => spawnSync("which", [program]).status === 0;
const readers = has("zbarimg") && has("pdftoppm");

describe("a label", () => {
  it("says model, serial number, MAC, claim code and whose box it is", () => {
    const texts = drawLabel(content).texts.map(({ text }) => text);
    expect(texts.slice(0, 4)).toEqual([
      "IPPI BOX",
      "S/N TN260000012",
      "MAC 02:54:4E:00:00:0C",
      "7K3M-0QXZ-P9R4",
    ]);
    expect(texts.slice(4).join(" ")).toBe(content.owner);
  });

  it("leaves out what is not known", () => {
    const bare = { model: "X", serial: "1", mac: undefined, claimCode: undefined, owner: undefined };
    expect(drawLabel(bare).texts.map(({ text }) => text)).toEqual(["X", "S/N 1"]);
    expect(labelCode(bare)).toBe("tonalite:box?s=1");
  });

  it("keeps long texts within its edges, still readable", () => {
    const long = { ...content, model: "W".repeat(200), serial: "9".repeat(64) };
    const { texts, width } = drawLabel(long);
    for (const { x, size, text, mono } of texts) {
      expect(size).toBeGreaterThanOrEqual(1.6);
      expect(x + text.length * size * (mono ? 0.6 : 0.55)).toBeLessThan(width);
    }
  });

  // The reader is another's: what it sees in the printed picture is what a scanner sees.
  it.skipIf(!readers)("is read by a scanner, from the PNG and from the PDF", async () => {
    const drawing = drawLabel(content);
    const [png, pdf] = [join(folder, "label.png"), join(folder, "label.pdf")];
    writeFileSync(pdf, await printPdf(drawing));
    execFileSync("pdftoppm", ["-r", "203", "-png", "-singlefile", pdf, join(folder, "printed")]);
    const scan = (file: string) =>
      execFileSync("zbarimg", ["-q", "--raw", file], { stdio: ["ignore", "pipe", "ignore"] })
        .toString()
        .trim();
    for (const dotsPerInch of [203, 300, 600]) {
      writeFileSync(png, printPng(drawing, dotsPerInch));
      expect(scan(png)).toBe(labelCode(content));
    }
    expect(scan(join(folder, "printed.png"))).toBe(labelCode(content));
    const text = execFileSync("pdftotext", [pdf, "-"]).toString();
    for (const said of ["TN260000012", "7K3M-0QXZ-P9R4", "Propriété"]) expect(text).toContain(said);
  });
});

describe("a factory's authority", () => {
  it("signs a certificate for each box's own key; the authority's key is for its owner alone", async () => {
    const home = join(folder, "factory");
    await createFactoryAuthority(home, "Factory 1");
    expect(statSync(join(home, "ca.key")).mode & 0o777).toBe(0o600);
    const authority = await readFactoryAuthority(home);
    const one = await issueBoxCertificate(authority, "02544E-ata-1");
    const other = await issueBoxCertificate(authority, "02544E-ata-1");
    expect(one.key).not.toBe(other.key);

    const ca = new X509Certificate(readFileSync(join(home, "ca.crt")));
    const box = new X509Certificate(one.certificate);
    expect(box.verify(ca.publicKey) && box.checkIssued(ca)).toBe(true);
    expect(box.subject).toBe("CN=02544E-ata-1");
    expect(box.ca).toBe(false);
    expect(box.keyUsage).toEqual(["1.3.6.1.5.5.7.3.2"]);
    expect(box.fingerprint256.replaceAll(":", "").toLowerCase()).toBe(one.sha256);
  });

  it("passes the check of another's tool", async () => {
    const home = join(folder, "factory-2");
    await createFactoryAuthority(home, "Factory 2");
    const { certificate } = await issueBoxCertificate(await readFactoryAuthority(home), "02544E-ata-2");
    writeFileSync(join(home, "box.crt"), certificate);
    const verify = ["verify", "-x509_strict", "-purpose", "sslclient", "-CAfile", join(home, "ca.crt")];
    expect(execFileSync("openssl", [...verify, join(home, "box.crt")]).toString()).toContain("OK");
  });

  it("is made once, and asked for where it is missing", async () => {
    const home = join(folder, "factory-3");
    await createFactoryAuthority(home, "Factory 3");
    await expect(createFactoryAuthority(home, "again")).rejects.toMatchObject({ code: "USAGE" });
    await expect(readFactoryAuthority(join(folder, "none"))).rejects.toMatchObject({ code: "USAGE" });
  });
});
