// Settings of a checked configuration, as a user would write them. `check-config` shows them, and a
// reload compares them.

import { docOf, type SettingName } from "./settings.ts";
import type { GatewayConfig, InnerConfig, ListenerConfig, TcpConfig } from "./types.ts";

/**
 * Formats the value of a setting. A setting that is not set gives "none" or its own words for that;
 * one that is turned off gives "off".
 */
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
    case "ikeProposals":
    case "espProposals":
      return config[name]?.text ?? docOf(name).unset ?? "none";
    case "pool":
    case "dns":
      return config[name].map(({ text }) => text).join(",") || "none";
    case "splitDns":
    case "ikeCa":
    case "ikeCrl":
      return config[name].join(",") || "none";
    case "ikeId":
    case "ikeCert":
    case "ikeKey":
    case "pskFile":
    case "stateDir":
      return config[name] ?? docOf(name).unset ?? "none";
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

/** The address, then the settings in which this listener differs from the common ones. */
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
