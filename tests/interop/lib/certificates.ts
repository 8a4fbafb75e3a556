// Certificates for a case: of the CA that `culvert ca` makes, and of an RSA CA by openssl.

import { writeFileSync } from "node:fs";
import { gatewayCommand } from "./gateway.ts";
import { must, script } from "./process.ts";

/** Where the certificate, the key and the CA of a name are. */
export interface Issued {
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
}

/** A CA of `culvert ca` in a state directory of its own. */
export interface CulvertCa {
  issue(name: string): Promise<Issued>;
  revoke(name: string): Promise<void>;
  readonly ca: string;
  readonly crl: string;
}

/** Makes a CA with P-256 in `folder`. */
export async function makeCulvertCa(folder: string): Promise<CulvertCa> {
  await script(`mkdir -m 700 ${folder}`);
  const run = (...words: string[]): Promise<string> =>
    must([...gatewayCommand(), "ca", ...words, "--state-dir", folder], { timeoutMs: 60_000 });
  await run("init", "--name", folder);
  const ca = `${folder}/ca/ca.pem`;
  return {
    ca,
    crl: `${folder}/ca/crl.pem`,
    async issue(name): Promise<Issued> {
      await run("issue", name);
      const base = `${folder}/ca/issued/${name}`;
      return { cert: `${base}.pem`, key: `${base}.key`, ca };
    },
    revoke: async (name) => void await run("revoke", name),
  };
}

/** Makes an RSA CA in `folder`, and one certificate of 2048 bits for each name. */
export async function makeRsaCa(folder: string, names: readonly string[]): Promise<Issued[]> {
  await script(`
    mkdir -m 700 ${folder}
    openssl req -x509 -newkey rsa:2048 -noenc -days 30 -subj "/CN=RSA CA" \\
      -addext keyUsage=critical,keyCertSign,cRLSign -keyout ${folder}/ca.key -out ${folder}/ca.pem`);
  return await Promise.all(names.map(async (name) => {
    const base = `${folder}/${name}`;
    writeFileSync(`${base}.ext`, `subjectAltName=DNS:${name}\nkeyUsage=digitalSignature\n`);
    await script(`
      openssl req -newkey rsa:2048 -noenc -subj "/O=RSA/CN=${name}" -keyout ${base}.key -out ${base}.csr
      openssl x509 -req -in ${base}.csr -CA ${folder}/ca.pem -CAkey ${folder}/ca.key -days 30 \\
        -extfile ${base}.ext -out ${base}.pem`);
    return { cert: `${base}.pem`, key: `${base}.key`, ca: `${folder}/ca.pem` };
  }));
}
