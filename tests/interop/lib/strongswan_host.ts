// strongSwan as Debian installs it, on the gateway's host (a guest): ESP in the kernel, and its
// configuration from the guide's page.

import { writeFileSync } from "node:fs";
import process from "node:process";
import { example, gatewayWords } from "../../support/examples.ts";
import { gatewayCommand } from "./gateway.ts";
import type { Swanctl } from "./charon.ts";
import type { Guest } from "./guest.ts";
import { INNER_HOST } from "./network.ts";
import { script, until } from "./process.ts";

const CHARON_LOG = "/run/charon.log";
const GATEWAY_LOG = "/run/gateway.log";

/**
 * Puts the page's files where it says, for this case alone: /etc stays as it is outside the case's
 * mount namespace, and the guest sees it as the case does.
 */
export async function configureStrongswan(): Promise<void> {
  await script(`
    cp -a /etc/strongswan.d /run/strongswan.d
    mount --bind /run/strongswan.d /etc/strongswan.d
    mkdir -p /etc/swanctl/conf.d
    mount -t tmpfs tmp /etc/swanctl/conf.d
  `);
  // TODO
  writeFileSync("/etc/swanctl/conf.d/culvert.conf", example("strongswan", "swanctl"));
  // For the report of a failure; nothing of the example is touched.
  writeFileSync("/etc/strongswan.d/zz-log.conf", LOGGING);
}

const LOGGING = `
charon {
  filelog {
    interop {
      path = ${CHARON_LOG}
      default = 1
      time_format = %T
      flush_line = yes
    }
  }
}
`;

/** Starts charon in the guest as strongswan.service does, and loads the page's connection. */
export async function startStrongswan(host: Guest): Promise<Swanctl> {
  await host.must(`
    ip addr add ${INNER_HOST}/24 dev lo
    start-stop-daemon --start --background --exec /usr/sbin/charon-systemd
    while ! swanctl --stats >/dev/null 2>&1; do sleep 0.2; done
    swanctl --load-all --noprompt`);
  return {
    sas: () => host.must("swanctl --list-sas"),
    rekeyChild: async () => void await host.must("swanctl --rekey --child net"),
    rekeyIke: async () => void await host.must("swanctl --rekey --ike guest"),
    terminate: async () => void await host.must("swanctl --terminate --ike guest"),
  };
}

/** Starts the gateway in the guest by the page's command, without a word more. */
export async function startPageGateway(host: Guest): Promise<void> {
  const words = [...gatewayCommand(), ...gatewayWords("strongswan", "gateway")];
  const home = process.env.HOME ?? "/root";
  const environment = Object.entries(process.env).filter(([name]) => /^(DENO_|XDG_)/.test(name))
    .map(([name, value]) => `${name}=${value}`);
  await host.must(`
    cd ${process.cwd()}
    env ${["HOME=" + home, ...environment, ...words].join(" ")} >${GATEWAY_LOG} 2>&1 &`);
  await until("the gateway listens", 60_000, async () => {
    return (await host.run(`grep -q ^listening ${GATEWAY_LOG}`)).code === 0 ? true : undefined;
  });
}
