import { deepEqual, equal, match, ok } from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { loadSwanctl, SWANCTL_MISSING } from "../../../tests/support/swanctl.ts";
import { parseConnectTarget } from "../../config/connect_target.ts";
import { readProfile } from "../../config/profile.ts";
import { identityText } from "../../ike/identity/identity.ts";
import { partsBehind, type ProfileParts } from "./parts.ts";
import { profileText } from "./profile.ts";

const SECRET = "abcdefghijklmnop_-ABCDEFGHIJ0123";

function parts(change: Partial<ProfileParts> = {}): ProfileParts {
  const target = parseConnectTarget("vpn.example.net:443");
  ok("value" in target);
  return {
    name: "laptop-2.example",
    psk: new TextEncoder().encode(SECRET),
    server: target.value,
    serverId: "vpn.example.net",
    inner: null,
    remote: null,
    ...change,
  };
}

test("Culvert's own profile is what connect --profile reads", () => {
  for (const inner of [null, "10.93.29.1"]) {
    const { remote } = partsBehind(inner);
    const profile = readProfile("file", profileText(parts({ inner, remote }), "culvert"));
    deepEqual(profile.remote?.map(({ text }) => text) ?? null, remote);
    equal(profile.server.text, "vpn.example.net:443");
    equal(profile.localId && identityText(profile.localId), "laptop-2.example");
    equal(profile.serverId, "vpn.example.net");
    deepEqual(profile.psk, new TextEncoder().encode(SECRET));
    equal(profile.inner?.text ?? null, inner);
  }
});

test("strongSwan's profile is loaded by charon", { skip: SWANCTL_MISSING }, () => {
  for (const serverId of ["vpn.example.net", "192.0.2.1", "gw@example.net", "@#0aff"]) {
    const { conns, creds } = loadSwanctl(profileText(parts({ serverId }), "strongswan"));
    match(conns, /loaded connection 'culvert-laptop-2-example'/);
    match(creds, /loaded ike secret 'ike-culvert-laptop-2-example'/);
  }
});

test("profiles say what the client reaches", () => {
  for (
    const [remote, strongswan, libreswan] of [
      [null, "0.0.0.0/0, ::/0", "rightsubnet=0.0.0.0/0"],
      [["10.1.0.0/16"], "10.1.0.0/16", "rightsubnet=10.1.0.0/16"],
      [
        ["10.1.0.0/16", "fd00::/64", "10.2.0.0/16"],
        "10.1.0.0/16, fd00::/64, 10.2.0.0/16",
        "rightsubnets={10.1.0.0/16 10.2.0.0/16}",
      ],
    ] as const
  ) {
    ok(profileText(parts({ remote }), "strongswan").includes(`remote_ts = ${strongswan}\n`));
    ok(profileText(parts({ remote }), "libreswan").includes(`    ${libreswan}\n`));
  }
});

test("libreswan's profile has names behind an at, and addresses and mailboxes without", () => {
  for (
    const [serverId, written] of [
      ["vpn.example.net", "@vpn.example.net"],
      ["@vpn.example.net", "@vpn.example.net"],
      ["192.0.2.1", "192.0.2.1"],
      ["gw@example.net", "gw@example.net"],
      ["@#0aff", "@#0aff"],
    ] as const
  ) {
    const text = profileText(parts({ serverId }), "libreswan");
    match(text, new RegExp(`^    rightid=${written}$`, "m"));
    ok(text.includes(`#   @laptop-2.example ${written} : PSK "${SECRET}"\n`));
    match(text, /^ {4}tcp-remoteport=443$/m);
  }
});

/** Python's reader of property lists, which is as strict as Apple's about their form. */
const PLIST = "import plistlib,sys,json;print(json.dumps(plistlib.loads(sys.stdin.buffer.read())))";
const noPython = spawnSync("python3", ["-c", "import plistlib"]).status === 0
  ? false
  : "needs python3";

test("Apple's profile is a property list", { skip: noPython }, () => {
  const input = profileText(parts({ serverId: "a&b<c>" }), "apple");
  const { status, stdout, stderr } = spawnSync("python3", ["-c", PLIST], {
    input,
    encoding: "utf8",
  });
  equal(status, 0, stderr);
  const profile = JSON.parse(stdout);
  const [payload] = profile.PayloadContent;
  equal(payload.VPNType, "IKEv2");
  equal(payload.IKEv2.RemoteAddress, "vpn.example.net");
  equal(payload.IKEv2.RemoteIdentifier, "a&b<c>");
  equal(payload.IKEv2.LocalIdentifier, "laptop-2.example");
  equal(payload.IKEv2.SharedSecret, SECRET);
  match(
    profile.PayloadUUID,
    /^[0-9A-F]{8}-[0-9A-F]{4}-8[0-9A-F]{3}-[89AB][0-9A-F]{3}-[0-9A-F]{12}$/,
  );
  ok(profile.PayloadUUID !== payload.PayloadUUID);
  equal(profileText(parts({ serverId: "a&b<c>" }), "apple"), input);
});
