//! Writes files to measure with: `enrich_files FOLDER` makes a million indicators, a database of three
//! million networks, one of autonomous systems, assets and identities, and the table `[enrich]`.

use cidr::Net;
use enrich::testing::Writer;
use serde_json::json;
use std::fmt::Write as _;
use std::net::Ipv4Addr;
use std::path::Path;

/// As many networks as GeoLite2-City has of IPv4.
const NETS: u32 = 3_000_000;
/// Places that they lie in.
const PLACES: u32 = 120_000;
const SYSTEMS: u32 = 60_000;
const INDICATORS: u64 = 1_000_000;
const ASSETS: u32 = 50_000;
const IDENTITIES: u32 = 20_000;
/// When the databases claim to be made: 2026-11-26.
const MADE_S: u64 = 1_795_651_200;

/// Numbers without order, the same in every run.
fn mixed(number: u64) -> u64 {
    let product = u128::from(number + 1) * 0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835;
    (product >> 40) as u64
}

/// One network after the other from 1.0.0.0 on, 1,100 addresses apart.
fn net(number: u32) -> Net {
    let first = 0x0100_0000 + number * 1_100;
    Net::new(Ipv4Addr::from(first).into(), 22 + (number % 3) as u8)
}

fn city() -> Vec<u8> {
    let mut writer = Writer::new("GeoLite2-City", MADE_S);
    for number in 0..NETS {
        let place = mixed(u64::from(number)) as u32 % PLACES;
        let country = format!("{}{}", (b'A' + (place % 26) as u8) as char, 'D');
        let names = |what: &str| json!({"en": format!("{what} {place}"), "de": format!("{what} {place}"), "ja": "都市"});
        let record = json!({
            "continent": {"code": "AS", "geoname_id": place % 7, "names": {"en": "Asia", "de": "Asien"}},
            "country": {"iso_code": country, "geoname_id": place, "names": names("Country")},
            "subdivisions": [{"iso_code": "C", "geoname_id": place, "names": names("Region")}],
            "city": {"geoname_id": place, "names": names("City")},
            "location": {"latitude": 23.7, "longitude": 90.4, "accuracy_radius": 20, "time_zone": "Asia/Dhaka"},
            "postal": {"code": place.to_string()},
        });
        writer.add(net(number), &record);
    }
    writer.finish()
}

fn systems() -> Vec<u8> {
    let mut writer = Writer::new("GeoLite2-ASN", MADE_S);
    for number in (0..NETS).step_by(6) {
        let system = mixed(u64::from(number)) as u32 % SYSTEMS;
        let name = format!("Network {system}");
        let record =
            json!({"autonomous_system_number": system, "autonomous_system_organization": name});
        writer.add(net(number), &record);
    }
    writer.finish()
}

fn feed() -> String {
    let mut text = "value,confidence,source\n".to_owned();
    for number in 0..INDICATORS {
        let bits = mixed(number);
        // Writing to text cannot fail.
        let _ = match number % 10 {
            0..4 => writeln!(
                text,
                "{}.{}.{}.{},70,blocklist",
                20 + bits % 79,
                bits >> 8 & 255,
                bits >> 16 & 255,
                bits >> 24 & 255
            ),
            4..7 => writeln!(text, "h-{:x}.x-{:x}.org,,dns feed", bits >> 32, bits & 0xffff_ffff),
            _ => writeln!(text, "{bits:016x}{:016x},90,malware", mixed(bits)),
        };
    }
    text
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).ok_or("usage: enrich_files FOLDER")?;
    let folder = Path::new(&folder);
    let file = |name: &str, bytes: Vec<u8>| std::fs::write(folder.join(name), bytes);
    file("city.mmdb", city())?;
    file("asn.mmdb", systems())?;
    file("feed.csv", feed().into_bytes())?;
    let mut assets = "agency,name,address,owner,role,criticality,site,tags\n".to_owned();
    // Everything private is something, and many hosts are known by name.
    assets +=
        "local,,10.0.0.0/8;172.16.0.0/12;192.168.0.0/16;fd00::/8,Network team,network,low,HQ,\n";
    for number in 0..ASSETS {
        let address = Ipv4Addr::from(0x0a00_0000 + number * 7);
        let row = "Team,server,high,NDC,a;b";
        let _ = writeln!(assets, "local,host-{number}.gov.bd,{address},{row}");
    }
    file("assets.csv", assets.into_bytes())?;
    let mut people = "agency,user,email,full_name,department,criticality\n".to_owned();
    people += "local,root;Administrator;admin,,,,high\n";
    for number in 0..IDENTITIES {
        let _ = writeln!(people, "local,user{number},user{number}@gov.bd,User {number},Wing,low");
    }
    file("people.csv", people.into_bytes())?;
    let path = |name: &str| folder.join(name).display().to_string();
    let text = format!(
        "[enrich]\ngeoip = [{:?}, {:?}]\nassets = [{:?}]\nidentities = [{:?}]\nindicators = [{:?}]\n",
        path("city.mmdb"),
        path("asn.mmdb"),
        path("assets.csv"),
        path("people.csv"),
        path("feed.csv"),
    );
    file("enrich.toml", text.into_bytes())?;
    Ok(())
}
