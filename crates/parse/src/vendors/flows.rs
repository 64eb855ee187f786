//! Flow records as JSON: NetFlow and IPFIX under IANA's names for their elements, and under the
//! names that the common exporters to JSON give them.
//!
//! The collector writes IANA's names (`sourceIPv4Address`, `octetDeltaCount` …) with addresses and
//! times as text or numbers of milliseconds; `docs/sources.md` has the whole shape.

use super::Vendor;
use crate::json::{View, text_of};
use crate::words::set_protocol;
use crate::{Cx, time};
use ocsf::{Event, Path, Value, class};

pub(super) const VENDORS: &[Vendor] = &[IPFIX];

const IPFIX: Vendor = Vendor {
    source: "netflow",
    parser: "netflow/1",
    product: ("IETF", "IPFIX"),
    class: class::NETWORK,
    keep_all: true,
    detect: |root| {
        let flow = ["netflow", "flow", "ipfix"].iter().find_map(|name| root.get(name));
        let body = flow.filter(|view| view.is_object()).unwrap_or(root);
        let source = ["sourceIPv4Address", "sourceIPv6Address", "ipv4_src_addr", "ipv6_src_addr"];
        let addressed = source.iter().any(|name| body.get(name).is_some())
            || body.get("src_addr").or(body.get("SrcAddr")).is_some()
                && (body.get("bytes").or(body.get("Bytes")).is_some())
            || body.get("ip_src").and(body.get("ip_dst")).and(body.get("packets")).is_some()
            || body.get("src4_addr").or(body.get("src6_addr")).is_some();
        addressed.then_some(body)
    },
    finish,
    rows: &[
        ("sourceIPv4Address", "@src"),
        ("sourceIPv6Address", "@src"),
        ("ipv4_src_addr", "@src"),
        ("ipv6_src_addr", "@src"),
        ("src_addr", "@src"),
        ("SrcAddr", "@src"),
        ("ip_src", "@src"),
        ("src4_addr", "@src"),
        ("src6_addr", "@src"),
        ("sourceTransportPort", "@src_port"),
        ("l4_src_port", "@src_port"),
        ("src_port", "@src_port"),
        ("SrcPort", "@src_port"),
        ("port_src", "@src_port"),
        ("destinationIPv4Address", "@dst"),
        ("destinationIPv6Address", "@dst"),
        ("ipv4_dst_addr", "@dst"),
        ("ipv6_dst_addr", "@dst"),
        ("dst_addr", "@dst"),
        ("DstAddr", "@dst"),
        ("ip_dst", "@dst"),
        ("dst4_addr", "@dst"),
        ("dst6_addr", "@dst"),
        ("destinationTransportPort", "@dst_port"),
        ("l4_dst_port", "@dst_port"),
        ("dst_port", "@dst_port"),
        ("DstPort", "@dst_port"),
        ("port_dst", "@dst_port"),
        ("protocolIdentifier", "@protocol"),
        ("protocol", "@protocol"),
        ("proto", "@protocol"),
        ("Proto", "@protocol"),
        ("ip_proto", "@protocol"),
        ("octetDeltaCount", "traffic.bytes"),
        ("octetTotalCount", "traffic.bytes"),
        ("in_bytes", "traffic.bytes"),
        ("bytes", "traffic.bytes"),
        ("Bytes", "traffic.bytes"),
        ("packetDeltaCount", "traffic.packets"),
        ("packetTotalCount", "traffic.packets"),
        ("in_pkts", "traffic.packets"),
        ("in_packets", "traffic.packets"),
        ("packets", "traffic.packets"),
        ("Packets", "traffic.packets"),
        ("reverseOctetDeltaCount", "traffic.bytes_in"),
        ("reversePacketDeltaCount", "traffic.packets_in"),
        ("tcpControlBits", "connection_info.tcp_flags"),
        ("tcp_flags", "connection_info.tcp_flags"),
        ("TCPFlags", "connection_info.tcp_flags"),
        ("exporterIPv4Address", "device.ip"),
        ("exporterIPv6Address", "device.ip"),
        ("SamplerAddress", "device.ip"),
        ("sampler_address", "device.ip"),
        ("flowId", "connection_info.uid"),
        ("ingressInterface", "src_endpoint.interface_uid"),
        ("egressInterface", "dst_endpoint.interface_uid"),
        ("bgpSourceAsNumber", "src_endpoint.autonomous_system.number"),
        ("bgpDestinationAsNumber", "dst_endpoint.autonomous_system.number"),
        ("sourceMacAddress", "src_endpoint.mac"),
        ("destinationMacAddress", "dst_endpoint.mac"),
        ("postNATSourceIPv4Address", "src_endpoint.proxy_endpoint.ip"),
        ("postNATDestinationIPv4Address", "dst_endpoint.proxy_endpoint.ip"),
        ("applicationName", "app_name"),
    ],
};

/// When the flow began and ended: the first of these that is there.
const BEGINS: [&str; 9] = [
    "flowStartMilliseconds",
    "flowStartSeconds",
    "flowStartMicroseconds",
    "first_switched",
    "time_flow_start",
    "TimeFlowStart",
    "time_flow_start_ns",
    "timestamp_start",
    "t_first",
];
const ENDS: [&str; 9] = [
    "flowEndMilliseconds",
    "flowEndSeconds",
    "flowEndMicroseconds",
    "last_switched",
    "time_flow_end",
    "TimeFlowEnd",
    "time_flow_end_ns",
    "timestamp_end",
    "t_last",
];

fn finish<'a>(body: View<'_, 'a>, cx: &Cx<'a>, event: &mut Event<'a>) {
    let stamp = |names: &[&str]| {
        let text = names.iter().find_map(|name| text_of(body.get(name)?, cx))?;
        let ms = match time::scan(text) {
            Some((civil, _)) => time::resolve(&civil, &crate::Zone::UTC, cx.arrival_ms).ms,
            None => time::scan_epoch(text)?.0,
        };
        Some((ms, text))
    };
    let (begin, end) = (stamp(&BEGINS), stamp(&ENDS));
    // A flow is known when it ends; its time is when it began.
    if let Some((ms, text)) = begin.or(end).or_else(|| stamp(&["@timestamp", "timestamp"])) {
        time::Stamp::exact(ms).apply(event, text);
    }
    if let (Some((begin, _)), Some((end, _))) = (begin, end) {
        event.set(Path::START_TIME, begin);
        event.set(Path::END_TIME, end);
        event.set(Path::DURATION, end.saturating_sub(begin).max(0));
    }
    if let Some(Value::Int(number)) = event.get(Path::CONNECTION_INFO_PROTOCOL_NUM) {
        set_protocol(event, cx.write(format_args!("{number}")));
    }
    let inward = ["flowDirection", "direction"].iter().find_map(|n| body.get(n)?.int());
    if let Some(direction) = inward.filter(|d| *d == 0 || *d == 1) {
        event.set(Path::CONNECTION_INFO_DIRECTION_ID, direction + 1);
    }
    event.kind(class::NETWORK, 6);
}
