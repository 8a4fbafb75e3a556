// libreswan against the gateway's own IKE, each with a certificate: ECDSA by `culvert ca`, RSA by
// openssl. The network is that of `libreswan_inside.ts`.

import { strict as assert } from "node:assert";
import { writeFileSync } from "node:fs";
import type { Case, Scene } from "../lib/case.ts";
import { makeCulvertCa, makeRsaCa } from "../lib/certificates.ts";
import type { CulvertCa, Issued } from "../lib/certificates.ts";
import { startTunGateway } from "../lib/gateway.ts";
import type { Gateway } from "../lib/gateway.ts";
import type { Guest } from "../lib/guest.ts";
import { importCertificate, startLibreswanCertificates } from "../lib/libreswan.ts";
import type { CertificateConnection, Libreswan } from "../lib/libreswan.ts";
import { pingFromGuest, pingFromHost } from "../lib/measure.ts";
import { layNetwork } from "../lib/network.ts";
import { until } from "../lib/process.ts";

const SERVER = "gw.example.org";
const CLIENT = "guest.example.org";
const LOST = "lost.example.org";
const STRAY = "stray.example.org";

export const LIBRESWAN_CERTIFICATES: Case = {
  name: "libreswan-certificates",
  about: "libreswan with certificates, to the gateway's own IKE",
  limitS: 180,
  run: runCertificates,
};

async function runCertificates(scene: Scene): Promise<void> {
  const { report } = scene;
  await layNetwork(1500);
  const guest = await scene.boot(1500);
  const ca = await makeCulvertCa("/run/ca");
  const foreign = await makeCulvertCa("/run/foreign");
  const server = await ca.issue(SERVER);
  const [rsaServer, rsaClient] = await makeRsaCa("/run/rsa", [SERVER, CLIENT]);
  assert.ok(rsaServer !== undefined && rsaClient !== undefined);
  const clients: readonly (CertificateConnection & { readonly issued: Issued })[] = [
    { name: "ecdsa", authby: "ecdsa", id: CLIENT, issued: await ca.issue(CLIENT) },
    { name: "revoked", authby: "ecdsa", id: LOST, issued: await ca.issue(LOST) },
    { name: "foreign", authby: "ecdsa", id: STRAY, issued: await foreign.issue(STRAY) },
    { name: "rsa", authby: "rsasig", id: CLIENT, issued: rsaClient },
  ];
  const connection = await startLibreswanCertificates(guest, async () => {
    for (const { name, issued } of clients) await importCertificate(guest, name, issued);
  }, clients);
  scene.onFailure("libreswan", () => guest.must("tail -n 60 /run/pluto.log"));

  const gateway = await serve(server, ca);
  await report.step("ECDSA: up, and ping both ways", async () => {
    await expectTunnel({ guest, gateway }, await connection("ecdsa"));
  });
  await report.step("a foreign certificate is refused", async () => {
    await expectRefusal(
      gateway,
      await connection("foreign"),
      /certificate_foreign .*no path leads to/,
    );
  });
  await gateway.stop();
  await ca.revoke(LOST);
  const again = await serve(server, ca);
  await report.step("a revoked certificate is refused", async () => {
    await expectRefusal(again, await connection("revoked"), /certificate_revoked .*is revoked/);
  });
  await again.stop();
  const byRsa = await serve(rsaServer, ca);
  await report.step("RSA: up, and ping both ways", async () => {
    await expectTunnel({ guest, gateway: byRsa }, await connection("rsa"));
  });
  await report.step("stop the gateway", () => byRsa.stop());
}

/** Starts a gateway with the CA's certificate, for clients with one of this CA or the RSA CA. */
async function serve(own: Issued, ca: CulvertCa): Promise<Gateway> {
  writeFileSync("/run/culvert.toml", CONFIG);
  return await startTunGateway(1400, 2, {
    flags: [
      ...["--ike", "inside", "--config", "/run/culvert.toml", "--state-dir", "/run/ca"],
      ...["--ike-cert", own.cert, "--ike-key", own.key, "--ike-crl", ca.crl],
      ...["--ike-ca", ca.ca, "--ike-ca", "/run/rsa/ca.pem"],
    ],
  });
}

const CONFIG = `
[[peer]]
id = "*.example.org"
auth = "cert"
local = ["10.93.29.0/24"]
remote = ["10.93.30.7/32"]
`;

async function expectTunnel(
  { guest, gateway }: { readonly guest: Guest; readonly gateway: Gateway },
  libreswan: Libreswan,
): Promise<void> {
  await libreswan.up();
  assert.deepEqual((await gateway.peers()).map(({ identity }) => identity), [CLIENT]);
  await pingFromGuest(guest, 5);
  await pingFromHost("gw", 5);
  await libreswan.remove();
  await until("no peer", 10_000, async () => (await gateway.peers()).length === 0 || undefined);
}

/** The gateway's line says what to mend, and no SA is left. */
async function expectRefusal(
  gateway: Gateway,
  libreswan: Libreswan,
  line: RegExp,
): Promise<void> {
  await assert.rejects(libreswan.up());
  assert.match(gateway.log(), line);
  await libreswan.remove();
  assert.deepEqual(await gateway.peers(), []);
  assert.equal(await gateway.metric("culvert_sas"), 0);
}
