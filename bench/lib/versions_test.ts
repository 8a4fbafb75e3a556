import { equal, match, throws } from "node:assert/strict";
import { test } from "node:test";
import { runtime } from "../../gateway/runtime/mod.ts";
import { lockedCrates, versionIn, versionsOf } from "./versions.ts";

test("versionIn() finds what a program calls itself", () => {
  equal(versionIn("OpenSSL 3.0.19 27 Jan 2026 (Library: OpenSSL 3.0.19)\n"), "OpenSSL 3.0.19");
  equal(versionIn("iperf 3.12 (cJSON 1.7.15)\nLinux host 6.1.0\n"), "iperf 3.12");
  equal(versionIn("Linux strongSwan 5.9.8\n"), "strongSwan 5.9.8");
  equal(versionIn(""), undefined);
});

test("lockedCrates() reads a lock file", () => {
  const lock = '[[package]]\nname = "ghash"\nversion = "1.0.0"\n\n' +
    '[[package]]\nname = "ring"\nversion = "0.17.14"\n';
  equal(lockedCrates(lock, ["ring", "ghash"]), "ring 0.17.14, ghash 1.0.0");
  throws(() => lockedCrates(lock, ["rin"]), /No crate rin/);
});

test("versionsOf() knows ours and its rivals", () => {
  const versionOf = versionsOf("kernels");
  match(versionOf("culvert-wasm") ?? "", /^culvert \d+\.\d+\.\d+$/);
  match(versionOf("noble") ?? "", /^@noble\/ciphers \d+\.\d+\.\d+$/);
  match(versionOf("rustcrypto-wasm") ?? "", /^aes-gcm \d\S+, chacha20poly1305 \d\S+$/);
  match(versionOf("ring") ?? "", /^ring \d+\.\d+\.\d+$/);
  equal(versionOf("node-crypto"), runtime.name);
  equal(versionOf("plain-tcp"), runtime.name);
});
