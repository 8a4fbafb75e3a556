// Settings of a checked configuration as a user would write them: for `check-config`, and to see what a reload changes.

import { docOf, type SettingName } from "./settings.ts";
import type { GatewayConfig, InnerConfig, ListenerConfig, TcpConfig } from "./types.ts";

/** The value of a setting; "none" or words of its own for one that is not set, "off" for one that is turned off. */
export function settingText(config: GatewayConfig, name: SettingName): string {
  switch (name) {
    case "listen":
      return config.listen.map((listener) => listenerText(listener, config.tcp)).join(",");
    case "tcpCongestion":
      return config.tcp.congestion ?? docOf(name).unset ?? "none";
    case "tcpKeepaliveS":
      return String(config.tcp.keepaliveS);
    case "upstream":
    case "upstreamSource":
      return config[name]?.text ?? "none";
    case "inner":
      return innerText(config.inner);
    case "api":
      return config.api?.text ?? "off";
    case "apiTokenFile":
      return config.apiTokenFile ?? "none";
    default:
      return String(config[name]);
  }
}

/** The address, and behind it what the listener has of its own. */
function listenerText({ address, tcp }: ListenerConfig, common: TcpConfig): string {
  const own = [
    tcp.congestion === common.congestion ? "" : ` tcp_congestion=${tcp.congestion}`,
    tcp.keepaliveS === common.keepaliveS ? "" : ` tcp_keepalive_s=${tcp.keepaliveS}`,
  ];
  return `${address.text}${own.join("")}`;
}

function innerText(inner: InnerConfig): string {
  return inner.kind === "tun"
    ? `tun:${inner.name}`
    : inner.addresses.map((address) => `echo:${address.text}`).join(",");
}
