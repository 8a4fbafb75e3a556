// A profile for strongSwan (swanctl.conf(5)).

import { type ProfileParts, remoteOf } from "./parts.ts";

/** Writes a file for `/etc/swanctl/conf.d`. */
export function strongswanProfile(parts: ProfileParts): string {
  const { name, psk, server, serverId } = parts;
  // Names of sections may have no dot.
  const section = `culvert-${name.replaceAll(".", "-")}`;
  return `# strongSwan as client ${name} of a Culvert gateway: /etc/swanctl/conf.d/${section}.conf
# It holds a secret: keep it with mode 0600. strongSwan speaks UDP alone, so UDP has to reach the
# gateway, or a relay into its TCP.
connections {
  ${section} {
    version = 2
    remote_addrs = ${server.host}
    remote_port = ${server.port}
    vips = 0.0.0.0, ::
    proposals = aes256gcm16-prfsha256-x25519-ecp256
    encap = yes
    dpd_delay = 30s
    local {
      auth = psk
      id = "${name}"
    }
    remote {
      auth = psk
      id = "${serverId}"
    }
    children {
      ${section} {
        remote_ts = ${remoteOf(parts).join(", ")}
        esp_proposals = aes256gcm16-x25519-ecp256-esn-noesn, chacha20poly1305-x25519-ecp256-esn-noesn
      }
    }
  }
}
secrets {
  ike-${section} {
    id-1 = "${name}"
    id-2 = "${serverId}"
    secret = "${new TextDecoder().decode(psk)}"
  }
}
`;
}
