// A profile for libreswan (ipsec.conf(5), ipsec.secrets(5)).

import { parseIdentity } from "../../ike/identity/identity.ts";
import { ID } from "../../ike/wire/constants.ts";
import { type ProfileParts, remoteOf } from "./parts.ts";

/** Writes a file for `/etc/ipsec.d`, and the line of its secret as a comment. */
export function libreswanProfile(parts: ProfileParts): string {
  const { name, psk, server, serverId } = parts;
  const [left, right] = [idText(name), idText(serverId)];
  const secret = new TextDecoder().decode(psk);
  const file = `/etc/ipsec.d/culvert-${name}`;
  return `# libreswan (4.0 or newer) as client ${name} of a Culvert gateway, over TCP: ${file}.conf
# Put this line into ${file}.secrets, and keep both files with mode 0600:
#   ${left} ${right} : PSK "${secret}"
conn culvert-${name}
    ikev2=insist
    authby=secret
    left=%defaultroute
    leftid=${left}
    leftsubnet=0.0.0.0/0
    leftmodecfgclient=yes
    right=${server.host}
    rightid=${right}
    ${subnetsOf(parts)}
    narrowing=yes
    enable-tcp=yes
    tcp-remoteport=${server.port}
    ike=aes_gcm256-sha2_256-dh31,aes_gcm256-sha2_256-dh19
    esp=aes_gcm256,chacha20_poly1305
    dpddelay=30
    dpdaction=restart
    auto=add
`;
}

/** Of both families only IPv4: a connection of libreswan has one. */
function subnetsOf(parts: ProfileParts): string {
  const all = remoteOf(parts);
  const v4 = all.filter((prefix) => !prefix.includes(":"));
  const subnets = v4.length === 0 ? all : v4;
  return subnets.length === 1 ? `rightsubnet=${subnets[0]}` : `rightsubnets={${subnets.join(" ")}}`;
}

/** Without an "at" in front libreswan looks a name up. */
function idText(text: string): string {
  const parsed = parseIdentity(text);
  const isName = "value" in parsed && parsed.value.type === ID.FQDN;
  return isName && !text.startsWith("@") ? `@${text}` : text;
}
