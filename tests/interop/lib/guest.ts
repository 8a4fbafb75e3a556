// A guest: Linux with ESP-in-TCP as an ordinary process (user-mode Linux). Its console is a pipe on
// which guest/init.sh takes one command a line and ends each answer with `@done CODE`.

import { start, until } from "./process.ts";
import type { Running } from "./process.ts";
import { GATEWAY, GATEWAY_ROUTER, GUEST, GUEST_ROUTER } from "./network.ts";

export interface GuestOptions {
  /** The kernel, a program of this machine. */
  readonly kernel: string;
  /** The library that is preloaded into the kernel: `guest/xstate.c`. */
  readonly preload: string;
  /** Debian root of the client, mounted read-only. */
  readonly root: string;
  /** Folder of guest programs, seen by the client as /share and by the gateway's host as /mnt. */
  readonly share: string;
  readonly mtu: number;
}

/** File name of the library to preload, in the cache. */
export const XSTATE = "xstate.so";

export interface Guest {
  /** Runs one shell command that must succeed, and returns its output. */
  must(command: string, timeoutMs?: number): Promise<string>;
  /** Runs one shell command; returns its exit code and output. */
  run(command: string, timeoutMs?: number): Promise<{ code: number; output: string }>;
}

/** What tells one guest from another. */
interface Place {
  readonly name: string;
  readonly device: string;
  readonly address: string;
  readonly router: string;
  readonly root: string;
  readonly init: string;
  readonly memory: string;
}

/** Boots the client on tap0 and gives it its address and default route. */
export function bootGuest(options: GuestOptions): Promise<Guest> {
  return _boot(options, {
    name: "guest",
    ...{ device: "tap0", address: GUEST, router: GUEST_ROUTER },
    ...{ root: options.root, init: "/init", memory: "512M" },
  });
}

/**
 * Boots the gateway's host on tap1. Its root is this machine's own, read-only, as the case sees it:
 * with this checkout, the runtime and strongSwan. Only the kernel is another.
 */
export function bootGatewayHost(options: GuestOptions): Promise<Guest> {
  return _boot(options, {
    name: "gateway host",
    ...{ device: "tap1", address: GATEWAY, router: GATEWAY_ROUTER },
    ...{ root: "/", init: `${options.share}/host_init.sh`, memory: "1024M" },
  });
}

async function _boot(options: GuestOptions, place: Place): Promise<Guest> {
  const console = start(place.name, [
    options.kernel,
    ...[`umid=${place.device}`, "uml_dir=/run/uml", `mem=${place.memory}`, "quiet"],
    ...["root=/dev/root", "rootfstype=hostfs", `rootflags=${place.root}`, "ro"],
    ...[`init=${place.init}`, `SHARE=${options.share}`],
    `vec0:transport=tap,ifname=${place.device},depth=128,gro=1,mtu=${options.mtu}`,
    ...["con=null", "con0=fd:0,fd:1"],
  ], { LD_PRELOAD: options.preload });
  await console.match(/^@ready$/m, 30_000);
  const guest = _agent(console);
  await guest.must(`ip link set vec0 mtu ${options.mtu} up`);
  await guest.must(
    `ip addr add ${place.address}/24 dev vec0; ip route add default via ${place.router}`,
  );
  return guest;
}

/** One command at a time: callers await each answer. */
function _agent(console: Running): Guest {
  let read = console.output().length;

  async function runCommand(
    command: string,
    timeoutMs: number,
  ): Promise<{ code: number; output: string }> {
    const line = command.trim().replaceAll(/\s*\n\s*/g, "; ");
    // The guest bounds the command, so that its console is free again afterwards.
    console.write(`timeout -k 1 ${Math.ceil(timeoutMs / 1000)} sh -ec '${_quote(line)}'\n`);
    return await until(`guest: ${line}`, timeoutMs + 5000, () => {
      const found = console.output().slice(read).match(/^([\s\S]*?)^@done (\d+)$/m);
      if (found === null) {
        if (console.exited()) throw new Error(`The guest ended during: ${line}`);
        return undefined;
      }
      read += found[0].length + 1;
      return { code: Number(found[2]), output: (found[1] ?? "").trimStart() };
    });
  }

  return {
    run: (command, timeoutMs = 20_000) => runCommand(command, timeoutMs),
    async must(command, timeoutMs = 20_000): Promise<string> {
      const { code, output } = await runCommand(command, timeoutMs);
      if (code !== 0) {
        throw new Error(`Guest cannot run "${command}": exit code ${code}\n${output}`);
      }
      return output;
    },
  };
}

function _quote(text: string): string {
  return text.replaceAll("'", "'\\''");
}
