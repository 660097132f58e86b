//! Which addresses of the network are public. Everything that is not known to be is not.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether an address can be reached from the whole internet, by the registries of special addresses (RFC 6890 and
/// what updates it).
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = match (a, b, c) {
        // This network, private use, loopback.
        (0 | 10 | 127, ..) => true,
        // Carrier-grade NAT.
        (100, 64..=127, _) => true,
        // Link-local, where clouds keep their machines' credentials.
        (169, 254, _) => true,
        (172, 16..=31, _) | (192, 168, _) => true,
        // Protocol assignments, documentation, the former 6to4 relays, benchmarks.
        (192, 0, 0 | 2) | (192, 88, 99) | (198, 18..=19, _) | (198, 51, 100) | (203, 0, 113) => true,
        // Multicast, reserved, broadcast.
        (224.., ..) => true,
        _ => false,
    };
    !special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    if let Some(v4) = address.to_ipv4_mapped() {
        return is_public_v4(v4);
    }
    let parts = address.segments();
    // Networks without IPv4 reach all of it under this prefix (RFC 6052): what counts is the address inside.
    if parts[..6] == [0x64, 0xff9b, 0, 0, 0, 0] {
        let [.., a, b, c, d] = address.octets();
        return is_public_v4(Ipv4Addr::new(a, b, c, d));
    }
    let global_unicast = parts[0] & 0xe000 == 0x2000;
    let special = match (parts[0], parts[1]) {
        // Teredo, benchmarks, ORCHID and other protocol assignments.
        (0x2001, 0..=0x01ff) => true,
        // Documentation, old and new.
        (0x2001, 0x0db8) | (0x3fff, 0..=0x0fff) => true,
        // 6to4: leads to an IPv4 address that nobody has judged.
        (0x2002, _) => true,
        _ => false,
    };
    global_unicast && !special
}
