// libreswan in the guest: an IKEv2 daemon that speaks TCP and leaves ESP to the guest's kernel.

import { writeFileSync } from "node:fs";
import { example } from "../../support/examples.ts";
import type { Issued } from "./certificates.ts";
import type { Guest } from "./guest.ts";
import { script, until } from "./process.ts";

/** The connection of docs/guide/libreswan.md. */
const CONNECTION = "culvert";
const LOG = "/run/pluto.log";

/** Of PKCS #12 files, which only carry keys into the guest. */
const PASSWORD = "carry";

/** What a case shortens of the page's times. */
export interface LibreswanTimes {
  /** How often it asks an idle peer whether it lives. */
  readonly dpdSeconds: number;
  /**
   * Life of an IKE SA, in seconds. At its end libreswan starts anew (`reauth=yes`) on a new TCP
   * connection. Over TCP nothing else brings it back from a lost connection, because a question of
   * its dead-peer detection never times out there (seen with 4.10; its `retransmit()` is the same
   * in 5.4).
   */
  readonly ikeLifeSeconds: number;
}

export interface Libreswan {
  /** Brings the tunnel up, and waits for it. */
  up(): Promise<void>;
  /** Waits for the tunnel that comes up by itself: keys, policies, address and route. */
  comesUp(): Promise<void>;
  down(): Promise<void>;
  /** Ends what there is of the connection, and forgets it. */
  remove(): Promise<void>;
  rekeyChild(): Promise<void>;
  rekeyIke(): Promise<void>;
  log(): Promise<string>;
}

/**
 * Starts pluto in the guest with the page's connection, which brings itself up (`auto=start`), by
 * Debian's own ipsec.conf.
 */
export async function startLibreswan(guest: Guest): Promise<Libreswan> {
  await _configure(guest);
  await guest.must(`
    ipsec pluto --logfile ${LOG}
    while ! ipsec whack --status >/dev/null 2>&1; do sleep 0.1; done`);
  return _libreswan(guest);
}

/** Starts pluto with a connection that is the page's but for its times, not yet up. */
export async function startLibreswanWith(
  guest: Guest,
  times: LibreswanTimes,
): Promise<Libreswan> {
  await _configure(guest);
  await _startPluto(guest, _shortened(times));
  await _add(guest, CONNECTION);
  return _libreswan(guest);
}

/** A connection by certificate: what it has in place of the page's secret and names. */
export interface CertificateConnection {
  /** Its name, which is that of the certificate in NSS as well. */
  readonly name: string;
  readonly authby: "ecdsa" | "rsasig" | "rsa-sha2";
  readonly id: string;
}

/**
 * Starts pluto with connections that are the page's but for how both sides prove who they are, not
 * yet up. `fill` puts certificates into NSS before. Returns how a connection is added by its name:
 * two of them with the same inner addresses cannot be there at once.
 */
export async function startLibreswanCertificates(
  guest: Guest,
  fill: () => Promise<void>,
  connections: readonly CertificateConnection[],
): Promise<(name: string) => Promise<Libreswan>> {
  await _configure(guest);
  await fill();
  await guest.must("ipsec checknss --settrusts");
  const text = connections.map(_byCertificate).join("\n");
  await _startPluto(guest, text);
  return async (name) => {
    await _add(guest, name);
    return _libreswan(guest, name);
  };
}

/** Puts a certificate with its key and its CA into libreswan's NSS database. */
export async function importCertificate(
  guest: Guest,
  name: string,
  { cert, key, ca }: Issued,
): Promise<void> {
  await script(`
    openssl pkcs12 -export -in ${cert} -inkey ${key} -certfile ${ca} -name ${name} \
      -passout pass:${PASSWORD} -out /run/share/${name}.p12`);
  await guest.must(`pk12util -i /share/${name}.p12 -d sql:/var/lib/ipsec/nss -W ${PASSWORD}`);
}

/** pluto starts what its own file has; so it gets a file without connections. */
async function _startPluto(guest: Guest, text: string): Promise<void> {
  writeFileSync("/run/share/setup.conf", "config setup\n    logappend=no\n");
  writeFileSync("/run/share/case.conf", text);
  await guest.must(`
    ipsec pluto --config /share/setup.conf --logfile ${LOG}
    while ! ipsec whack --status >/dev/null 2>&1; do sleep 0.1; done
    ipsec whack --listen >/dev/null`);
}

async function _add(guest: Guest, name: string): Promise<void> {
  await guest.must(`ipsec addconn --config /share/case.conf ${name}`);
}

/** Puts the page's files where it says; the guest's root is read-only. */
async function _configure(guest: Guest): Promise<void> {
  writeFileSync("/run/share/culvert.conf", example("libreswan", "conn"));
  writeFileSync("/run/share/culvert.secrets", example("libreswan", "secrets"), { mode: 0o600 });
  await guest.must(`
    cp -a /etc/ipsec.d /run/ipsec.d
    cp -a /share/culvert.conf /share/culvert.secrets /run/ipsec.d
    mount --bind /run/ipsec.d /etc/ipsec.d
    mkdir -p /var/lib/ipsec/nss /run/pluto
    ipsec initnss >/dev/null`);
}

/** The page's connection with other times. */
function _shortened({ dpdSeconds, ikeLifeSeconds }: LibreswanTimes): string {
  return _changed({ dpddelay: `${dpdSeconds}`, ikelifetime: `${ikeLifeSeconds}s` });
}

function _byCertificate({ name, authby, id }: CertificateConnection): string {
  const text = _changed({
    authby,
    leftid: `@${id}\n    leftcert=${name}`,
    rightid: "@gw.example.org",
    auto: "ignore",
  });
  return text.replace(/^conn \S+/m, `conn ${name}`);
}

/** The page's connection with other values. A derived one (`also=`) may not set a key again. */
function _changed(values: Readonly<Record<string, string>>): string {
  return Object.entries(values).reduce((text, [key, value]) => {
    const line = new RegExp(`^( *${key}=)\\S+`, "m");
    if (!line.test(text)) throw new Error(`No ${key} in the page's connection`);
    return text.replace(line, `$1${value}`);
  }, example("libreswan", "conn"));
}

function _libreswan(guest: Guest, connection = CONNECTION): Libreswan {
  const whack = async (words: string): Promise<void> => {
    await guest.must(`ipsec whack ${words} --name ${connection}`, 30_000);
  };
  return {
    up: () => whack("--initiate"),
    comesUp: () =>
      until("libreswan's Child SA", 30_000, async () => {
        const { code } = await guest.run(`grep -q 'established Child SA' ${LOG}`);
        return code === 0 ? true : undefined;
      }).then(() => undefined),
    down: () => whack("--terminate"),
    remove: () => whack("--delete"),
    rekeyChild: () => whack("--rekey-ipsec"),
    rekeyIke: () => whack("--rekey-ike"),
    // Only the lines about the connection: pluto's start is 200 lines.
    log: () => guest.must(`grep -e '"${connection}"' -e '^.*: packet from' ${LOG}`),
  };
}
