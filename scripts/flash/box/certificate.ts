// The library keeps its registry in metadata, which the language does not have yet.
import "reflect-metadata";
import { webcrypto } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as x509 from "@peculiar/x509";
import { FlashError } from "../problem.ts";

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
// IEEE 802.1AR-2018 §8.7: the certificate of a device's identity does not end.
const endless = new Date("9999-12-31T23:59:59Z");

/** The authority of a factory: what it signs is a box of this factory. */
export type FactoryAuthority = {
  certificate: x509.X509Certificate;
  key: webcrypto.CryptoKey;
};

/** What a box shows to an ACS that asks who it is: both PEM. */
export type BoxCertificate = { certificate: string; key: string; sha256: string };

/**
 * Makes a factory's authority: `ca.crt` and `ca.key` (mode 0600) in a folder.
 * @throws FlashError `USAGE` when the folder holds one already
 */
export async function createFactoryAuthority(folder: string, name: string): Promise<void> {
  const [certificateFile, keyFile] = [join(folder, "ca.crt"), join(folder, "ca.key")];
  if (existsSync(keyFile) || existsSync(certificateFile))
    throw new FlashError("USAGE", { reason: `${folder} holds a factory authority already` });
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned(
    {
      name: [{ CN: [name] }],
      keys,
      signingAlgorithm: algorithm,
      notBefore: new Date(),
      notAfter: endless,
      extensions: [
        new x509.BasicConstraintsExtension(true, 0, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey, false, webcrypto),
      ],
    },
    webcrypto,
  );
  mkdirSync(folder, { recursive: true });
  writeFileSync(keyFile, await privatePem(keys.privateKey), { mode: 0o600 });
  writeFileSync(certificateFile, `${certificate.toString("pem")}\n`);
}

/** @throws FlashError `USAGE` when the folder holds no authority */
export async function readFactoryAuthority(folder: string): Promise<FactoryAuthority> {
  try {
    const certificate = new x509.X509Certificate(readFileSync(join(folder, "ca.crt"), "utf8"));
    const pem = readFileSync(join(folder, "ca.key"), "utf8");
    const key = await webcrypto.subtle.importKey(
      "pkcs8",
      x509.PemConverter.decodeFirst(pem),
      algorithm,
      false,
      ["sign"],
    );
    return { certificate, key };
  } catch (cause) {
    throw new FlashError(
      "USAGE",
      { reason: `${folder} holds no factory authority (ca.crt, ca.key): make one with \`authority\`` },
      { cause },
    );
  }
}

/**
 * A key of the box's own and its certificate. The key goes onto the box and is kept nowhere else.
 * @param name `<OUI>-<ProductClass>-<SerialNumber>`: TR-069 Amendment 6 §3.3 wants a name that no other box has
 */
export async function issueBoxCertificate(
  authority: FactoryAuthority,
  name: string,
): Promise<BoxCertificate> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const certificate = await x509.X509CertificateGenerator.create(
    {
      subject: [{ CN: [name] }],
      issuer: authority.certificate.subjectName,
      publicKey: keys.publicKey,
      signingKey: authority.key,
      signingAlgorithm: algorithm,
      notBefore: new Date(),
      notAfter: endless,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth]),
        await x509.AuthorityKeyIdentifierExtension.create(authority.certificate, false, webcrypto),
      ],
    },
    webcrypto,
  );
  return {
    certificate: `${certificate.toString("pem")}\n`,
    key: await privatePem(keys.privateKey),
    sha256: Buffer.from(await certificate.getThumbprint("SHA-256", webcrypto)).toString("hex"),
  };
}

async function privatePem(key: webcrypto.CryptoKey): Promise<string> {
  const bytes = await webcrypto.subtle.exportKey("pkcs8", key);
  return `${x509.PemConverter.encode(bytes, "PRIVATE KEY")}\n`;
}
