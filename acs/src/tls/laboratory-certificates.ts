import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const opensslIsMissing = spawnSync("openssl", ["version"]).error !== undefined;

/** Authorities and certificates for a laboratory, made by openssl in a folder of their own; `close` removes it. */
export function openLaboratoryCertificates() {
  const folder = mkdtempSync(join(tmpdir(), "tonalite-tls-"));
  const openssl = (...args: string[]): void => {
    const { status, stderr } = spawnSync("openssl", args, { cwd: folder, encoding: "utf8" });
    if (status !== 0) throw new Error(`openssl ${args.join(" ")}: ${stderr}`);
  };
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  const path = (name: string): string => join(folder, name);
  return {
    folder,
    path,
    text: (name: string): string => readFileSync(path(name), "utf8"),
    /** `<name>.crt` and `<name>.key` of an authority. */
    authority: (name: string): void =>
      openssl(
        "req",
        "-x509",
        ...key,
        "-subj",
        `/CN=${name}`,
        "-days",
        "2",
        "-keyout",
        `${name}.key`,
        "-out",
        `${name}.crt`,
      ),
    /** `<name>.crt` and `<name>.key`, signed by an authority, for this machine as a server. Of 0 days: it ends at once. */
    issue: (name: string, authority: string, subject: string, days = 2): void => {
      openssl(
        "req",
        ...key,
        "-subj",
        `/CN=${subject}`,
        "-addext",
        "subjectAltName=IP:127.0.0.1,DNS:localhost",
        "-keyout",
        `${name}.key`,
        "-out",
        `${name}.csr`,
      );
      const sign = ["-CA", `${authority}.crt`, "-CAkey", `${authority}.key`, "-CAcreateserial"];
      openssl(
        "x509",
        "-req",
        "-in",
        `${name}.csr`,
        ...sign,
        "-days",
        String(days),
        "-copy_extensions",
        "copy",
        "-out",
        `${name}.crt`,
      );
    },
    close: (): void => rmSync(folder, { recursive: true, force: true }),
  };
}
