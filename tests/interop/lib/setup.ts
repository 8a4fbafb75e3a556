// The machine that the suite needs: what is missing is installed or built, and named where that is
// impossible.

import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { gatewayCommand } from "./gateway.ts";
import { XSTATE } from "./guest.ts";
import { must, run } from "./process.ts";
import { say } from "./report.ts";

export interface Machine {
  /** The guests' kernel. */
  readonly kernel: string;
  /** The guests' root. */
  readonly root: string;
}

const PACKAGES: Readonly<Record<string, string>> = {
  cc: "gcc",
  curl: "curl",
  "dlfcn.h": "libc6-dev",
  ip: "iproute2",
  openssl: "openssl",
  nft: "nftables",
  ping: "iputils-ping",
  iperf3: "iperf3",
  sysctl: "procps",
  debootstrap: "debootstrap",
  swanctl: "strongswan-swanctl",
  "charon-systemd": "charon-systemd",
  "libstrongswan-kernel-libipsec.so": "libcharon-extra-plugins",
  // Its plugin openssl has the curve; without recommended packages nothing else brings it.
  "libstrongswan-openssl.so": "libstrongswan-standard-plugins",
};

const PATHS = [
  ...["/usr/sbin", "/usr/bin", "/sbin", "/bin"],
  ...["/usr/include", "/usr/lib/ipsec/plugins"],
];

/** Why the suite cannot run here, or `undefined`. */
export async function missing(): Promise<string | undefined> {
  if (process.platform !== "linux" || process.arch !== "x64") return "Linux on x86-64";
  if (process.getuid?.() !== 0) {
    return "root (network namespaces, TAP and TUN devices, Debian packages)";
  }
  if (!existsSync("/dev/net/tun")) return "/dev/net/tun";
  const unshared = await run(["unshare", "--net", "--mount", "--pid", "--fork", "true"]);
  if (unshared.code !== 0) return "network, mount and process namespaces (unshare)";
  if (!existsSync("/usr/bin/apt-get")) return "Debian (apt-get)";
  return undefined;
}

/** Installs packages, and makes the guests' kernel and root where the cache has none. */
export async function prepare(here: string): Promise<Machine> {
  const packages = Object.entries(PACKAGES)
    .filter(([file]) => !PATHS.some((path) => existsSync(join(path, file))))
    .map(([, name]) => name);
  if (packages.length > 0) {
    say(`Installing ${packages.join(" ")}`);
    await must(["apt-get", "update", "-q"], { timeoutMs: 300_000 });
    await must(["apt-get", "install", "-y", "-q", "--no-install-recommends", ...packages], {
      timeoutMs: 600_000,
      env: { DEBIAN_FRONTEND: "noninteractive" },
    });
  }
  // Brings the gateway's dependencies in: inside the namespaces there is no network to fetch them
  // from.
  await must([...gatewayCommand(), "version"], { timeoutMs: 300_000 });
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "culvert", "interop");
  await must(["mkdir", "-p", cache]);
  const preload = ["-o", join(cache, XSTATE), join(here, "guest/xstate.c")];
  await must(["cc", "-shared", "-fPIC", "-O2", ...preload]);
  return { kernel: await _kernel(here, cache), root: await _root(here, cache) };
}

async function _kernel(here: string, cache: string): Promise<string> {
  const built = join(cache, "linux");
  const given = process.env.CULVERT_UML_KERNEL;
  if (given !== undefined && given !== "") {
    if (!existsSync(given)) {
      throw new Error(`Cannot find the kernel of CULVERT_UML_KERNEL: ${given}`);
    }
    return given;
  }
  const beside = join(here, "../../../shared/uml/linux");
  if (existsSync(beside)) return beside;
  if (!existsSync(built)) {
    say("Building the guests' kernel: about five minutes");
    await must([join(here, "build_kernel.sh"), built], { timeoutMs: 3_600_000 });
  }
  return built;
}

async function _root(here: string, cache: string): Promise<string> {
  const root = join(cache, "root");
  if (!existsSync(root)) {
    say("Making the guests' root: about two minutes");
    await must([join(here, "build_root.sh"), root], { timeoutMs: 1_200_000 });
  }
  return root;
}
