// strongSwan as Debian installs it, on the gateway's host (a guest): ESP in the kernel, and its
// configuration from the guide's page.

import process from "node:process";
import { gatewayWords } from "../../support/examples.ts";
import { gatewayCommand } from "./gateway.ts";
import type { Swanctl } from "./charon.ts";
import type { Guest } from "./guest.ts";
import { INNER_HOST } from "./network.ts";
import { until } from "./process.ts";
import { layStrongswanFiles } from "./strongswan_files.ts";

const CHARON_LOG = "/run/charon.log";
const INNER = "inner";
const INNER_ROUTER = "10.93.29.254";
const GATEWAY_LOG = "/run/gateway.log";

/** Lays the page's files, and a log for the report of a failure. */
export function configureStrongswan(): Promise<void> {
  return layStrongswanFiles(["strongswan.conf", "sysctl"], { strongswan: LOGGING, swanctl: "" });
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

/**
 * Starts charon in the guest as strongswan.service does, and loads the page's connection. The inner
 * host is a namespace of the guest, so the guest forwards.
 */
export async function startStrongswan(host: Guest): Promise<Swanctl> {
  await host.must(`
    sysctl --quiet --load /etc/sysctl.d/culvert.conf
    ip netns add ${INNER}
    ip link add to-inner type veth peer name eth0 netns ${INNER}
    ip addr add ${INNER_ROUTER}/24 dev to-inner
    ip link set to-inner up
    ip -n ${INNER} addr add ${INNER_HOST}/24 dev eth0
    ip -n ${INNER} link set eth0 up
    ip -n ${INNER} route add default via ${INNER_ROUTER}
    start-stop-daemon --start --background --exec /usr/sbin/charon-systemd
    while ! swanctl --stats >/dev/null 2>&1; do sleep 0.2; done
    swanctl --load-all --noprompt`);
  return {
    sas: () => host.must("swanctl --list-sas 2>/dev/null"),
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

/** Puts a command on the inner host behind the gateway's host. */
export function onInnerHost(command: string): string {
  return `ip netns exec ${INNER} ${command}`;
}
