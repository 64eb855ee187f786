//! The attributes of an event that other sources are asked about, and where answers belong.

use ocsf::Path;

/// A machine in an event.
pub(crate) struct Machine {
    pub(crate) ip: Path,
    pub(crate) hostname: Path,
    pub(crate) name: Path,
    /// `risk_level_id` and `risk_level`, which only a device has.
    pub(crate) risk: Option<[Path; 2]>,
    /// Only an endpoint of a connection is placed on the map.
    pub(crate) geography: Option<Geography>,
}

/// Where `location` and `autonomous_system` of an endpoint are written.
pub(crate) struct Geography {
    pub(crate) country: Path,
    pub(crate) region: Path,
    pub(crate) city: Path,
    pub(crate) continent: Path,
    pub(crate) postal_code: Path,
    pub(crate) lat: Path,
    pub(crate) long: Path,
    pub(crate) provider: Path,
    pub(crate) number: Path,
    pub(crate) system: Path,
}

/// A user in an event.
pub(crate) struct User {
    pub(crate) name: Path,
    pub(crate) email: Path,
    pub(crate) full_name: Path,
    pub(crate) risk: [Path; 2],
}

pub(crate) static MACHINES: [Machine; 3] = [
    Machine {
        ip: Path::DEVICE_IP,
        hostname: Path::DEVICE_HOSTNAME,
        name: Path::DEVICE_NAME,
        risk: Some([Path::DEVICE_RISK_LEVEL_ID, Path::DEVICE_RISK_LEVEL]),
        geography: None,
    },
    Machine {
        ip: Path::SRC_ENDPOINT_IP,
        hostname: Path::SRC_ENDPOINT_HOSTNAME,
        name: Path::SRC_ENDPOINT_NAME,
        risk: None,
        geography: Some(Geography {
            country: Path::SRC_ENDPOINT_LOCATION_COUNTRY,
            region: Path::SRC_ENDPOINT_LOCATION_REGION,
            city: Path::SRC_ENDPOINT_LOCATION_CITY,
            continent: Path::SRC_ENDPOINT_LOCATION_CONTINENT,
            postal_code: Path::SRC_ENDPOINT_LOCATION_POSTAL_CODE,
            lat: Path::SRC_ENDPOINT_LOCATION_LAT,
            long: Path::SRC_ENDPOINT_LOCATION_LONG,
            provider: Path::SRC_ENDPOINT_LOCATION_PROVIDER,
            number: Path::SRC_ENDPOINT_AUTONOMOUS_SYSTEM_NUMBER,
            system: Path::SRC_ENDPOINT_AUTONOMOUS_SYSTEM_NAME,
        }),
    },
    Machine {
        ip: Path::DST_ENDPOINT_IP,
        hostname: Path::DST_ENDPOINT_HOSTNAME,
        name: Path::DST_ENDPOINT_NAME,
        risk: None,
        geography: Some(Geography {
            country: Path::DST_ENDPOINT_LOCATION_COUNTRY,
            region: Path::DST_ENDPOINT_LOCATION_REGION,
            city: Path::DST_ENDPOINT_LOCATION_CITY,
            continent: Path::DST_ENDPOINT_LOCATION_CONTINENT,
            postal_code: Path::DST_ENDPOINT_LOCATION_POSTAL_CODE,
            lat: Path::DST_ENDPOINT_LOCATION_LAT,
            long: Path::DST_ENDPOINT_LOCATION_LONG,
            provider: Path::DST_ENDPOINT_LOCATION_PROVIDER,
            number: Path::DST_ENDPOINT_AUTONOMOUS_SYSTEM_NUMBER,
            system: Path::DST_ENDPOINT_AUTONOMOUS_SYSTEM_NAME,
        }),
    },
];

pub(crate) static USERS: [User; 2] = [
    User {
        name: Path::USER_NAME,
        email: Path::USER_EMAIL_ADDR,
        full_name: Path::USER_FULL_NAME,
        risk: [Path::USER_RISK_LEVEL_ID, Path::USER_RISK_LEVEL],
    },
    User {
        name: Path::ACTOR_USER_NAME,
        email: Path::ACTOR_USER_EMAIL_ADDR,
        full_name: Path::ACTOR_USER_FULL_NAME,
        risk: [Path::ACTOR_USER_RISK_LEVEL_ID, Path::ACTOR_USER_RISK_LEVEL],
    },
];
