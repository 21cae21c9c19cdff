use std::iter::successors;
use std::net::Ipv6Addr;

use url::Url;

/// Returns the host of a domain or an address: in lower case and punycode, without scheme, port,
/// path, final dot and brackets; an IPv4 address that is mapped to IPv6 as itself. None for
/// anything else (conformance suite, "Domains").
pub fn normalize_host(text: &str) -> Option<String> {
    let trimmed = text.trim_matches(crate::keys::is_space);
    let behind_scheme = skip_scheme(trimmed);
    let authority = behind_scheme.split(['/', '?', '#']).next()?;
    let is_odd = |each: char| crate::keys::is_space(each) || matches!(each, '@' | '%' | '\\');
    if authority.contains(is_odd) {
        return None;
    }
    let is_bare_ipv6 = !authority.starts_with('[') && authority.matches(':').count() > 1;
    let address =
        if is_bare_ipv6 { format!("http://[{authority}]") } else { format!("http://{authority}") };
    let url = Url::parse(&address).ok()?;
    match url.host()? {
        url::Host::Ipv4(address) => Some(address.to_string()),
        url::Host::Ipv6(address) => Some(format_ipv6(address)),
        url::Host::Domain(name) => {
            let name = name.strip_suffix('.').unwrap_or(name);
            name.split('.').all(is_label).then(|| name.to_owned())
        }
    }
}

/// Skips `//`, with or without a scheme before it.
fn skip_scheme(text: &str) -> &str {
    let Some((scheme, rest)) = text.split_once("//") else {
        return text;
    };
    let is_scheme = scheme.is_empty()
        || scheme.strip_suffix(':').is_some_and(|name| {
            name.starts_with(|first: char| first.is_ascii_alphabetic())
                && name.chars().all(|each| each.is_ascii_alphanumeric() || "+.-".contains(each))
        });
    if is_scheme {
        rest
    } else {
        text
    }
}

fn is_label(label: &str) -> bool {
    let is_plain = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-');
    !label.is_empty() && label.bytes().all(is_plain)
}

/// Writes the short form (RFC 5952), and an IPv4 address that is mapped as itself.
fn format_ipv6(address: Ipv6Addr) -> String {
    match address.to_ipv4_mapped() {
        Some(mapped) => mapped.to_string(),
        // `Ipv6Addr` would write the last 32 bits of some addresses with dots.
        None => {
            let host = url::Host::<&str>::Ipv6(address).to_string();
            host.trim_matches(['[', ']']).to_owned()
        }
    }
}

/// Whether a license for `entries` covers a domain. `example.com` covers itself and its `www.`, and
/// `*.example.com` every host below it. Whole labels are compared: `a.io` covers neither `data.io`
/// nor `a.io.evil.com`.
pub fn covers_domain(entries: &[String], domain: &str) -> bool {
    let Some(host) = normalize_host(domain) else {
        return false;
    };
    // The host, and what is left of it after each `www.` at its start.
    let bare: Vec<_> = successors(Some(host.as_str()), |host| host.strip_prefix("www.")).collect();
    entries.iter().any(|entry| match entry.strip_prefix('*') {
        Some(suffix) if suffix.starts_with('.') => host.ends_with(suffix),
        _ => bare.contains(&entry.as_str()),
    })
}
