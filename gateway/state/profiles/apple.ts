// A configuration profile for macOS and iOS (Apple's reference of VPN payloads).

import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import type { ProfileParts } from "./parts.ts";

/** Writes a `.mobileconfig`. */
export function appleProfile({ name, psk, server, serverId }: ProfileParts): string {
  const secret = new TextDecoder().decode(psk);
  const sa = dict([
    ["EncryptionAlgorithm", text("AES-256-GCM")],
    ["IntegrityAlgorithm", text("SHA2-256")],
    ["DiffieHellmanGroup", integer(19)],
  ]);
  const ikev2 = dict([
    ["RemoteAddress", text(server.host)],
    ["RemoteIdentifier", text(serverId)],
    ["LocalIdentifier", text(name)],
    ["AuthenticationMethod", text("SharedSecret")],
    ["SharedSecret", text(secret)],
    ["ExtendedAuthEnabled", integer(0)],
    ["DeadPeerDetectionRate", text("Medium")],
    ["EnablePFS", integer(1)],
    ["IKESecurityAssociationParameters", sa],
    ["ChildSecurityAssociationParameters", sa],
  ]);
  const payload = dict([
    ["PayloadType", text("com.apple.vpn.managed")],
    ["PayloadVersion", integer(1)],
    ["PayloadIdentifier", text(`culvert.${name}.vpn`)],
    ["PayloadUUID", text(uuidOf(`${serverId} ${name} vpn`))],
    ["PayloadDisplayName", text(`Culvert ${name}`)],
    ["UserDefinedName", text(`Culvert ${server.host}`)],
    ["VPNType", text("IKEv2")],
    ["IKEv2", ikev2],
  ]);
  const profile = dict([
    ["PayloadType", text("Configuration")],
    ["PayloadVersion", integer(1)],
    ["PayloadIdentifier", text(`culvert.${name}`)],
    ["PayloadUUID", text(uuidOf(`${serverId} ${name}`))],
    ["PayloadDisplayName", text(`Culvert ${name}`)],
    ["PayloadContent", `<array>\n${payload}</array>\n`],
  ]);
  return `${HEAD}<plist version="1.0">\n${profile}</plist>\n`;
}

const HEAD = `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN"
  "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
`;

function dict(members: readonly (readonly [string, string])[]): string {
  return `<dict>\n${
    members.map(([key, value]) => `<key>${key}</key>\n${value}`).join("")
  }</dict>\n`;
}

function text(value: string): string {
  const escaped = value.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  return `<string>${escaped}</string>\n`;
}

function integer(value: number): string {
  return `<integer>${value}</integer>\n`;
}

/** Of one client the same each time: a new profile takes its old one's place (RFC 9562 §5.8). */
function uuidOf(name: string): string {
  const octets = createHash("sha256").update(name).digest().subarray(0, 16);
  octets[6] = ((octets[6] ?? 0) & 0x0f) | 0x80;
  octets[8] = ((octets[8] ?? 0) & 0x3f) | 0x80;
  const hex = Buffer.from(octets).toString("hex").toUpperCase();
  return [8, 12, 16, 20, 32].map((end, at, all) => hex.slice(all[at - 1] ?? 0, end)).join("-");
}
