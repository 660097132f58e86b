//! Names of files that every system takes, as a root is worked with on several.

/// Whether Windows takes a file of this name for a device, whatever its ending: what is written there is lost, and what is
/// locked there is locked by nobody (Microsoft, "Naming Files, Paths, and Namespaces").
pub fn is_device(name: &str) -> bool {
    let stem = name.split(['.', ':']).next().unwrap_or_default().trim_end();
    let is = |device: &&str| stem.eq_ignore_ascii_case(device);
    if ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"].iter().any(is) {
        return true;
    }
    let Some((kind, number)) = stem.split_at_checked(3) else { return false };
    let is_port = kind.eq_ignore_ascii_case("COM") || kind.eq_ignore_ascii_case("LPT");
    let mut numbers = number.chars();
    is_port && matches!((numbers.next(), numbers.next()), (Some('0'..='9' | '¹' | '²' | '³'), None))
}

#[cfg(test)]
mod tests {
    use super::is_device;

    #[test]
    fn names_of_devices_are_known_in_any_case_and_with_any_ending() {
        for name in ["con", "NUL.lock", "Aux.yaml", "com1", "LPT9.tar.gz", "nul ", "com¹.txt", "CONOUT$", "nul:x"] {
            assert!(is_device(name), "{name}");
        }
        for name in ["", "console", "G1.lock", "com", "com10", "lpt", "comx", "a.nul", "conin", "émi", "nulle.yaml"] {
            assert!(!is_device(name), "{name}");
        }
    }
}
