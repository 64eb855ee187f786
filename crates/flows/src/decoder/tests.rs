//! Datagrams built field by field, as the RFCs draw them.

use super::*;
use proptest::prelude::*;
use serde_json::{Value, json};

const EXPORTER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));

/// Big-endian numbers, one after another: (bytes, value).
fn bytes(parts: &[(usize, u64)]) -> Vec<u8> {
    parts.iter().flat_map(|(length, value)| value.to_be_bytes()[8 - length..].to_vec()).collect()
}

fn halves(values: &[u16]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_be_bytes()).collect()
}

fn set(id: u16, body: &[u8]) -> Vec<u8> {
    [halves(&[id, body.len() as u16 + 4]), body.to_vec()].concat()
}

fn netflow_9(sequence: u64, sets: &[Vec<u8>]) -> Vec<u8> {
    // Up for 60 s at 1,700,000,000.
    let head = [(2, 9), (2, 1), (4, 60_000), (4, 1_700_000_000), (4, sequence), (4, 7)];
    [bytes(&head), sets.concat()].concat()
}

fn ipfix(sequence: u64, sets: &[Vec<u8>]) -> Vec<u8> {
    let body = sets.concat();
    let length = 16 + body.len() as u64;
    let head = [(2, 10), (2, length), (4, 1_700_000_000), (4, sequence), (4, 7)];
    [bytes(&head), body].concat()
}

fn decode(decoder: &mut Decoder, datagram: &[u8]) -> (Counts, Vec<Value>) {
    let mut flows = Vec::new();
    let counts = decoder.decode(EXPORTER, datagram, |flow| {
        flows.push(serde_json::from_str(flow).unwrap_or_else(|error| panic!("{error}: {flow}")));
    });
    (counts, flows)
}

#[test]
fn netflow_5() {
    let head = [(2, 5), (2, 1), (4, 60_000), (4, 1_700_000_000), (4, 500_000_000), (4, 10)];
    let record = [
        (4, 0x0a000001),
        (4, 0x0a000002),
        (4, 0),
        (2, 3),
        (2, 4),
        (4, 12),
        (4, 3456),
        (4, 59_000),
        (4, 60_000),
        (2, 51515),
        (2, 443),
        (1, 0),
        (1, 0x1b),
        (1, 6),
        (1, 0),
        (2, 64512),
        (2, 64513),
        (1, 24),
        (1, 16),
        (2, 0),
    ];
    let datagram = [bytes(&head), halves(&[0, 0x4064]), bytes(&record)].concat();
    let mut decoder = Decoder::default();
    let (counts, flows) = decode(&mut decoder, &datagram);
    assert_eq!(counts, Counts { flows: 1, ..Counts::default() });
    assert_eq!(
        flows[0],
        json!({
            "flowVersion": 5, "exporterIPv4Address": "192.0.2.1",
            "sourceIPv4Address": "10.0.0.1", "destinationIPv4Address": "10.0.0.2",
            "ipNextHopIPv4Address": "0.0.0.0", "ingressInterface": 3, "egressInterface": 4,
            "packetDeltaCount": 12, "octetDeltaCount": 3456,
            "flowStartMilliseconds": 1_699_999_999_500_u64,
            "flowEndMilliseconds": 1_700_000_000_500_u64,
            "sourceTransportPort": 51515, "destinationTransportPort": 443,
            "tcpControlBits": 27, "protocolIdentifier": 6, "ipClassOfService": 0,
            "bgpSourceAsNumber": 64512, "bgpDestinationAsNumber": 64513,
            "sourceIPv4PrefixLength": 24, "destinationIPv4PrefixLength": 16,
            "samplingInterval": 100,
        })
    );
    // Its number is 10, and it held one flow.
    let mut later = datagram.clone();
    later[16..20].copy_from_slice(&14_u32.to_be_bytes());
    assert_eq!(decode(&mut decoder, &later).0.missed, 3);
    assert!(decode(&mut decoder, &datagram[..60]).0.damaged);
}

#[test]
fn netflow_9_flows_wait_for_their_template_and_learn_of_sampling() {
    let mut decoder = Decoder::default();
    let flow = bytes(&[(4, 0x0a000001), (4, 0x0a000002), (8, 99), (4, 59_000), (2, 53)]);
    // Two flows and padding, before anybody knows what they are.
    let data = set(260, &[flow.clone(), flow.clone(), vec![0; 2]].concat());
    let (counts, flows) = decode(&mut decoder, &netflow_9(1, &[data]));
    assert_eq!((counts.waiting, flows.len()), (1, 0));
    let options = set(1, &halves(&[257, 4, 8, 1, 4, 34, 4, 48, 1]));
    let sampled = set(257, &bytes(&[(4, 9), (4, 512), (1, 1)]));
    assert_eq!(decode(&mut decoder, &netflow_9(2, &[options, sampled])).1.len(), 0);
    let template = set(0, &halves(&[260, 5, 8, 4, 12, 4, 1, 8, 22, 4, 11, 2]));
    let (counts, flows) = decode(&mut decoder, &netflow_9(5, &[template]));
    assert_eq!((counts.flows, counts.missed, counts.damaged), (2, 2, false));
    let expected = json!({
        "flowVersion": 9, "exporterIPv4Address": "192.0.2.1",
        "sourceIPv4Address": "10.0.0.1", "destinationIPv4Address": "10.0.0.2",
        "octetDeltaCount": 99, "flowStartMilliseconds": 1_699_999_999_000_u64,
        "destinationTransportPort": 53, "samplingInterval": 512,
    });
    assert_eq!(flows, [expected.clone(), expected]);
    // Another exporter's template is not this one's.
    let other = IpAddr::from([192, 0, 2, 2]);
    let data = netflow_9(1, &[set(260, &flow)]);
    assert_eq!(decoder.decode(other, &data, |_| panic!("a flow")).waiting, 1);
}

#[test]
fn ipfix_with_variable_lengths_enterprises_reverse_elements_and_withdrawal() {
    let mut decoder = Decoder::default();
    let foreign = |id: u16| 0x8000 | id;
    let fields = [
        halves(&[300, 7, 27, 16, 152, 8, 154, 8, 371, VARIABLE, foreign(1), 8]),
        bytes(&[(4, 29_305)]),
        halves(&[foreign(40), 2]),
        bytes(&[(4, 9)]),
        halves(&[56, 6]),
    ]
    .concat();
    let user = b"r\"o\\ot\n";
    let record = [
        vec![0x20; 16],
        bytes(&[(8, 1_700_000_000_123)]),
        bytes(&[(4, NTP_1970 + 1_700_000_000), (4, 1 << 31)]),
        vec![user.len() as u8],
        user.to_vec(),
        bytes(&[(8, 77), (2, 0xbeef), (6, 0x0102_0304_05ff)]),
    ]
    .concat();
    let (counts, flows) = decode(&mut decoder, &ipfix(0, &[set(2, &fields), set(300, &record)]));
    assert_eq!(counts, Counts { flows: 1, ..Counts::default() });
    assert_eq!(
        flows[0],
        json!({
            "flowVersion": 10, "exporterIPv4Address": "192.0.2.1",
            "sourceIPv6Address": "2020:2020:2020:2020:2020:2020:2020:2020",
            "flowStartMilliseconds": 1_700_000_000_500_u64,
            "userName": "r\"o\\ot\n", "reverseOctetDeltaCount": 77,
            "element9_40": "beef", "sourceMacAddress": "01:02:03:04:05:ff",
        })
    );
    assert_eq!(decode(&mut decoder, &ipfix(1, &[set(300, &record)])).0.missed, 0);
    assert_eq!(decode(&mut decoder, &ipfix(6, &[set(300, &record)])).0.missed, 4);
    let withdrawn = set(2, &halves(&[300, 0]));
    let (counts, flows) = decode(&mut decoder, &ipfix(7, &[withdrawn, set(300, &record)]));
    assert_eq!((counts.waiting, flows.len()), (1, 0));
}

const NTP_1970: u64 = 2_208_988_800;

#[test]
fn what_waits_and_whom_is_remembered_is_bounded() {
    let mut decoder = Decoder::default();
    let mut given_up = 0;
    for sequence in 0..200 {
        let datagram = netflow_9(sequence, &[set(999, &[1; 1_300])]);
        given_up += decode(&mut decoder, &datagram).0.given_up;
    }
    let known = decoder.exporters.values().next().unwrap();
    assert!(known.waiting_bytes <= WAITING_BYTES_MAX && known.waiting.len() <= WAITING_MAX);
    assert_eq!(given_up as usize, 200 - known.waiting.len());
    for host in 0..2 * EXPORTERS_MAX as u32 {
        let exporter = IpAddr::V4(host.into());
        decoder.decode(exporter, &netflow_9(0, &[]), |_| {});
    }
    assert_eq!(decoder.exporters.len(), EXPORTERS_MAX);
    // A template of no bytes would make flows without end.
    let nothing = set(0, &halves(&[400, 1, 8, 0]));
    let (counts, flows) = decode(&mut decoder, &netflow_9(0, &[nothing, set(400, &[0; 8])]));
    assert_eq!((counts.given_up, flows.len()), (1, 0));
}

proptest! {
    #[test]
    fn any_datagram_makes_whole_json_or_nothing(
        version in prop::sample::select(vec![5u16, 9, 10, 1]),
        body in prop::collection::vec(prop::sample::select(vec![0u8, 1, 2, 3, 4, 8, 255]), 0..200),
    ) {
        let mut decoder = Decoder::default();
        let datagram = [version.to_be_bytes().to_vec(), body].concat();
        for _ in 0..2 {
            decode(&mut decoder, &datagram);
        }
    }
}
