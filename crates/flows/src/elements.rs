//! IANA's information elements, as far as exporters send them: number, name, form.

/// How a value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// A number.
    Number,
    /// An address.
    Address,
    /// A hardware address.
    Mac,
    /// Text.
    Text,
    /// Seconds since the epoch.
    Seconds,
    /// Milliseconds since the epoch.
    Milliseconds,
    /// Seconds since 1900 and their fraction, as NTP has them.
    Ntp,
    /// Milliseconds since the exporter started.
    Uptime,
    /// True or false.
    Truth,
    /// Bytes, written in hex.
    Hex,
}

use Form::{Address, Hex, Mac, Milliseconds, Ntp, Number, Seconds, Text, Truth, Uptime};

/// In the order of their numbers.
const ELEMENTS: &[(u16, &str, Form)] = &[
    (1, "octetDeltaCount", Number),
    (2, "packetDeltaCount", Number),
    (3, "deltaFlowCount", Number),
    (4, "protocolIdentifier", Number),
    (5, "ipClassOfService", Number),
    (6, "tcpControlBits", Number),
    (7, "sourceTransportPort", Number),
    (8, "sourceIPv4Address", Address),
    (9, "sourceIPv4PrefixLength", Number),
    (10, "ingressInterface", Number),
    (11, "destinationTransportPort", Number),
    (12, "destinationIPv4Address", Address),
    (13, "destinationIPv4PrefixLength", Number),
    (14, "egressInterface", Number),
    (15, "ipNextHopIPv4Address", Address),
    (16, "bgpSourceAsNumber", Number),
    (17, "bgpDestinationAsNumber", Number),
    (18, "bgpNextHopIPv4Address", Address),
    (21, "flowEndSysUpTime", Uptime),
    (22, "flowStartSysUpTime", Uptime),
    (23, "postOctetDeltaCount", Number),
    (24, "postPacketDeltaCount", Number),
    (27, "sourceIPv6Address", Address),
    (28, "destinationIPv6Address", Address),
    (29, "sourceIPv6PrefixLength", Number),
    (30, "destinationIPv6PrefixLength", Number),
    (31, "flowLabelIPv6", Number),
    (32, "icmpTypeCodeIPv4", Number),
    (33, "igmpType", Number),
    (34, "samplingInterval", Number),
    (35, "samplingAlgorithm", Number),
    (36, "flowActiveTimeout", Number),
    (37, "flowIdleTimeout", Number),
    (48, "samplerId", Number),
    (49, "samplerMode", Number),
    (50, "samplerRandomInterval", Number),
    (52, "minimumTTL", Number),
    (53, "maximumTTL", Number),
    (54, "fragmentIdentification", Number),
    (55, "postIpClassOfService", Number),
    (56, "sourceMacAddress", Mac),
    (57, "postDestinationMacAddress", Mac),
    (58, "vlanId", Number),
    (59, "postVlanId", Number),
    (60, "ipVersion", Number),
    (61, "flowDirection", Number),
    (62, "ipNextHopIPv6Address", Address),
    (63, "bgpNextHopIPv6Address", Address),
    (70, "mplsTopLabelStackSection", Hex),
    (80, "destinationMacAddress", Mac),
    (81, "postSourceMacAddress", Mac),
    (82, "interfaceName", Text),
    (83, "interfaceDescription", Text),
    (85, "octetTotalCount", Number),
    (86, "packetTotalCount", Number),
    (89, "forwardingStatus", Number),
    (95, "applicationId", Hex),
    (96, "applicationName", Text),
    (130, "exporterIPv4Address", Address),
    (131, "exporterIPv6Address", Address),
    (136, "flowEndReason", Number),
    (138, "observationPointId", Number),
    (139, "icmpTypeCodeIPv6", Number),
    (144, "exportingProcessId", Number),
    (148, "flowId", Number),
    (149, "observationDomainId", Number),
    (150, "flowStartSeconds", Seconds),
    (151, "flowEndSeconds", Seconds),
    (152, "flowStartMilliseconds", Milliseconds),
    (153, "flowEndMilliseconds", Milliseconds),
    (154, "flowStartMicroseconds", Ntp),
    (155, "flowEndMicroseconds", Ntp),
    (156, "flowStartNanoseconds", Ntp),
    (157, "flowEndNanoseconds", Ntp),
    (160, "systemInitTimeMilliseconds", Milliseconds),
    (161, "flowDurationMilliseconds", Number),
    (176, "icmpTypeIPv4", Number),
    (177, "icmpCodeIPv4", Number),
    (178, "icmpTypeIPv6", Number),
    (179, "icmpCodeIPv6", Number),
    (180, "udpSourcePort", Number),
    (181, "udpDestinationPort", Number),
    (182, "tcpSourcePort", Number),
    (183, "tcpDestinationPort", Number),
    (184, "tcpSequenceNumber", Number),
    (192, "ipTTL", Number),
    (195, "ipDiffServCodePoint", Number),
    (224, "ipTotalLength", Number),
    (225, "postNATSourceIPv4Address", Address),
    (226, "postNATDestinationIPv4Address", Address),
    (227, "postNAPTSourceTransportPort", Number),
    (228, "postNAPTDestinationTransportPort", Number),
    (229, "natOriginatingAddressRealm", Number),
    (230, "natEvent", Number),
    (231, "initiatorOctets", Number),
    (232, "responderOctets", Number),
    (233, "firewallEvent", Number),
    (234, "ingressVRFID", Number),
    (235, "egressVRFID", Number),
    (236, "VRFname", Text),
    (239, "biflowDirection", Number),
    (243, "dot1qVlanId", Number),
    (254, "postDot1qVlanId", Number),
    (256, "ethernetType", Number),
    (276, "dataRecordsReliability", Truth),
    (281, "postNATSourceIPv6Address", Address),
    (282, "postNATDestinationIPv6Address", Address),
    (298, "initiatorPackets", Number),
    (299, "responderPackets", Number),
    (302, "selectorId", Number),
    (304, "selectorAlgorithm", Number),
    (305, "samplingPacketInterval", Number),
    (306, "samplingPacketSpace", Number),
    (323, "observationTimeMilliseconds", Milliseconds),
    (371, "userName", Text),
    (460, "httpRequestHost", Text),
];

/// Name and form of IANA's element `id`.
pub(crate) fn known(id: u16) -> Option<(&'static str, Form)> {
    let at = ELEMENTS.binary_search_by_key(&id, |element| element.0).ok()?;
    Some((ELEMENTS[at].1, ELEMENTS[at].2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_can_be_searched() {
        assert!(ELEMENTS.windows(2).all(|pair| pair[0].0 < pair[1].0));
        assert_eq!(known(8), Some(("sourceIPv4Address", Address)));
        assert_eq!((known(0), known(20)), (None, None));
    }
}
