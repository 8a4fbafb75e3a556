// Versions of the subjects. A ratio to a rival means little without its version.

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { release } from "node:os";
import process from "node:process";
import { runtime } from "../../gateway/runtime/mod.ts";
import { VERSION } from "../../gateway/model/version.ts";
import type { Subject, Suite } from "./record.ts";

/**
 * Returns a function that finds a subject's version and remembers it. It returns `undefined` if the
 * subject is not installed or does not report one.
 */
export function versionsOf(suite: Suite): (subject: Subject) => string | undefined {
  const known = new Map<Subject, string | undefined>();
  return (subject) => {
    if (!known.has(subject)) known.set(subject, _ask(subject, suite));
    return known.get(subject);
  };
}

/** The first version number in a program's output, with the word before it: `OpenSSL 3.0.19`. */
export function versionIn(printed: string): string | undefined {
  return /\b([A-Za-z][\w-]*) v?\d+\.\d[\w.-]*/.exec(printed)?.[0];
}

/** Crates with their versions, from the text of a Cargo.lock. */
export function lockedCrates(lock: string, crates: readonly string[]): string {
  return crates.map((crate) => {
    const version = new RegExp(`^name = "${crate}"\nversion = "([^"]+)"$`, "m").exec(lock)?.[1];
    if (version === undefined) throw new RangeError(`No crate ${crate} is locked`);
    return `${crate} ${version}`;
  }).join(", ");
}

function _ask(subject: Subject, suite: Suite): string | undefined {
  switch (subject) {
    case "culvert":
    case "culvert-wasm":
    case "culvert-wasm-strict":
    case "culvert-native":
      return `culvert ${VERSION}`;
    case "node-crypto":
    case "webcrypto":
      return runtime.name;
    case "noble":
      return `@noble/ciphers ${_npmVersion("@noble/ciphers")}`;
    case "rustcrypto-wasm":
    case "rustcrypto-wasm-scalar":
      return lockedCrates(_read("bench/kernels/rustcrypto/Cargo.lock"), RUSTCRYPTO);
    case "ring":
    case "aws-lc-rs":
    case "graviola":
    case "rind":
      return lockedCrates(_read(NATIVE_LOCK), [subject]);
    case "rustcrypto":
      return lockedCrates(_read(NATIVE_LOCK), RUSTCRYPTO);
    case "openssl":
      return _printed("openssl", "version");
    case "go":
      return /go\d+\.\d[\w.]*/.exec(spawnSync("go", ["version"], { encoding: "utf8" }).stdout ?? "")
        ?.[0];
    case "plain-tcp":
      return suite === "wire" ? _printed("iperf3", "--version") : runtime.name;
    case "libipsec":
      // `charon-systemd --version` would start the daemon, so swanctl is asked.
      return _printed("swanctl", "--help");
    case "udp-over-tcp":
      return _printed(process.env[TCP2UDP] ?? "tcp2udp", "--version");
    case "espintcp":
      return `Linux ${release()}`;
    case "veepin":
      return process.env[VEEPIN_VERSION];
  }
}

/** You set it to the version of the program that CULVERT_BENCH_VEEPIN names. */
const VEEPIN_VERSION = "CULVERT_BENCH_VEEPIN_VERSION";

/** Environment variable with the path of tcp2udp, if it is not on PATH. */
export const TCP2UDP = "CULVERT_BENCH_TCP2UDP";

const NATIVE_LOCK = "bench/native/Cargo.lock";
const RUSTCRYPTO: readonly string[] = ["aes-gcm", "chacha20poly1305"];

function _printed(program: string, argument: string): string | undefined {
  const { stdout } = spawnSync(program, [argument], { encoding: "utf8" });
  // Output is null if there is no such program.
  return versionIn(stdout ?? "");
}

function _npmVersion(name: string): string {
  const { version } = JSON.parse(_read(`node_modules/${name}/package.json`)) as {
    readonly version: string;
  };
  return version;
}

function _read(path: string): string {
  return readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
}
