// Routes of the kernel into the TUN, which follow the outbound SAs.

import type { Kernel } from "../linux/kernel.ts";
import { addRoute, removeRoute } from "../linux/routes.ts";
import type { Tun } from "../linux/tun.ts";
import type { Log } from "./log.ts";
import { createRoutes } from "./routes.ts";
import type { SaListener } from "./sa_changes.ts";

/** The device that the routes lead into, and its kernel. */
export interface TunRoutesOptions {
  readonly kernel: Kernel;
  readonly tun: Tun;
  readonly log: Log;
}

/** Keeps a route for each `remote` of the outbound SAs, and logs what the kernel refuses. */
export function routeSas({ kernel, tun, log }: TunRoutesOptions): SaListener {
  const routes = createRoutes({
    add({ octets, bits, text }): void {
      const outcome = addRoute(kernel, { octets, bits, index: tun.index });
      if (outcome === "existed") log("warn", "route_existed", { prefix: text, device: tun.name });
    },
    remove: ({ octets, bits }) => removeRoute(kernel, { octets, bits, index: tun.index }),
    failed: ({ text }, reason) => log("error", "route_failed", { prefix: text, reason }),
  });
  return {
    installed({ spec: { direction, remote } }): void {
      if (direction === "outbound") routes.add(remote);
    },
    removed({ spec: { direction, remote } }): void {
      if (direction === "outbound") routes.remove(remote);
    },
  };
}
