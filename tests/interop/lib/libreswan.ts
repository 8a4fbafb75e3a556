// libreswan in the guest: an IKEv2 daemon that speaks TCP and leaves ESP to the guest's kernel.

import { writeFileSync } from "node:fs";
import type { Guest } from "./guest.ts";
import { GATEWAY, GUEST, INNER_GUEST, INNER_NET, TCP_PORT } from "./network.ts";

const CONNECTION = "culvert";
const LOG = "/run/pluto.log";

export interface LibreswanOptions {
  readonly psk: string;
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
  down(): Promise<void>;
  rekeyChild(): Promise<void>;
  rekeyIke(): Promise<void>;
  log(): Promise<string>;
}

/** Starts pluto in the guest with one connection, not yet up. */
export async function startLibreswan(
  guest: Guest,
  options: LibreswanOptions,
): Promise<Libreswan> {
  writeFileSync("/run/share/ipsec.conf", _configuration(options));
  writeFileSync("/run/share/ipsec.secrets", `@guest @daemon : PSK "${options.psk}"\n`, {
    mode: 0o600,
  });
  await guest.must(`
    mkdir -p /var/lib/ipsec/nss /run/pluto
    ip addr add ${INNER_GUEST}/32 dev lo
    ipsec initnss >/dev/null
    ipsec pluto --config /share/ipsec.conf --secretsfile /share/ipsec.secrets --logfile ${LOG}
    while ! ipsec whack --status >/dev/null 2>&1; do sleep 0.1; done
    ipsec whack --listen >/dev/null
    ipsec addconn --config /share/ipsec.conf ${CONNECTION}`);

  const whack = async (words: string): Promise<void> => {
    await guest.must(`ipsec whack ${words} --name ${CONNECTION}`, 30_000);
  };
  return {
    up: () => whack("--initiate"),
    down: () => whack("--terminate"),
    rekeyChild: () => whack("--rekey-ipsec"),
    rekeyIke: () => whack("--rekey-ike"),
    // Only the lines about the connection: pluto's start is 200 lines.
    log: () => guest.must(`grep -e '"${CONNECTION}"' -e '^.*: packet from' ${LOG}`),
  };
}

function _configuration({ dpdSeconds, ikeLifeSeconds }: LibreswanOptions): string {
  return `config setup
    listen-tcp=yes

conn ${CONNECTION}
    ikev2=insist
    authby=secret
    left=${GUEST}
    leftid=@guest
    leftsubnet=${INNER_GUEST}/32
    leftsourceip=${INNER_GUEST}
    right=${GATEWAY}
    rightid=@daemon
    rightsubnet=${INNER_NET}
    enable-tcp=yes
    tcp-remoteport=${TCP_PORT}
    ike=aes_gcm256-sha2_256-dh19
    esp=aes_gcm128
    dpddelay=${dpdSeconds}
    dpdaction=restart
    reauth=yes
    ikelifetime=${ikeLifeSeconds}s
    auto=ignore
`;
}
