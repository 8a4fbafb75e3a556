// strongSwan's charon, unmodified, with ESP in user space (kernel-libipsec): the IKE daemon behind
// the gateway. It knows UDP only.

import { writeFileSync } from "node:fs";
import { inNamespace, INNER_GUEST, INNER_HOST, INNER_NET } from "./network.ts";
import type { Namespace } from "./network.ts";
import { must, script, start } from "./process.ts";
import type { Running } from "./process.ts";

export interface CharonOptions {
  /** The namespace that it runs in, and in which the inner host's address is. */
  readonly where: Namespace;
  readonly psk: string;
  /** How often charon asks an idle peer whether it lives. */
  readonly dpdSeconds: number;
}

export interface Charon {
  readonly daemon: Running;
  /** The output of `swanctl --list-sas`. */
  sas(): Promise<string>;
  rekeyChild(): Promise<void>;
  rekeyIke(): Promise<void>;
  /** Deletes the IKE SA with the guest. */
  terminate(): Promise<void>;
}

/** Starts charon. It waits for guests on UDP 4500 and knows of no gateway in between. */
export async function startCharon(options: CharonOptions): Promise<Charon> {
  writeFileSync("/run/strongswan.conf", STRONGSWAN_CONF);
  writeFileSync("/run/swanctl.conf", _connections(options), { mode: 0o600 });
  await script(`ip -n ${options.where} addr add ${INNER_HOST}/24 dev lo`);
  const daemon = start("charon", inNamespace(options.where, ["charon-systemd"]), {
    STRONGSWAN_CONF: "/run/strongswan.conf",
  });
  await daemon.match(/spawning \d+ worker threads/, 10_000);

  async function swanctl(...args: string[]): Promise<string> {
    return await must(inNamespace(options.where, ["swanctl", ...args]), {
      timeoutMs: 15_000,
      env: { STRONGSWAN_CONF: "/run/strongswan.conf" },
    });
  }

  await swanctl("--load-all", "--file", "/run/swanctl.conf");
  return {
    daemon,
    sas: () => swanctl("--list-sas"),
    rekeyChild: async () => void await swanctl("--rekey", "--child", "net"),
    rekeyIke: async () => void await swanctl("--rekey", "--ike", "guest"),
    terminate: async () => void await swanctl("--terminate", "--ike", "guest"),
  };
}

const STRONGSWAN_CONF = `
charon-systemd {
  load = random nonce sha1 sha2 aes hmac kdf gcm openssl kernel-libipsec kernel-netlink socket-default vici updown
  filelog {
    stderr {
      default = 1
      ike = 2
      time_format = %T
      flush_line = yes
    }
  }
  # Finds a dead peer in seconds, not minutes: 4 s after the first message without an answer.
  retransmit_timeout = 1.0
  retransmit_base = 1.0
  retransmit_tries = 3
  plugins {
    kernel-libipsec {
      load = yes
    }
  }
}
swanctl {
  load = random openssl
}
`;

function _connections({ psk, dpdSeconds }: CharonOptions): string {
  return `
connections {
  guest {
    version = 2
    remote_addrs = %any
    proposals = aes256gcm16-prfsha256-ecp256
    encap = yes
    dpd_delay = ${dpdSeconds}s
    local {
      auth = psk
      id = daemon
    }
    remote {
      auth = psk
      id = guest
    }
    children {
      net {
        local_ts = ${INNER_NET}
        remote_ts = ${INNER_GUEST}/32
        esp_proposals = aes128gcm16-ecp256-noesn
        dpd_action = clear
      }
    }
  }
}
secrets {
  ike-guest {
    id-1 = daemon
    id-2 = guest
    secret = ${psk}
  }
}
`;
}
