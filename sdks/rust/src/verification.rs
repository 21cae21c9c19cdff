use crate::claims::{Content, LicenseClaims};
use crate::domains::covers_domain;
use crate::encoding::hash_text;
use crate::record::Feed;
use crate::tokens::{open_token, Token, TokenFault, TokenType};

/// A clock may be this far behind the floor, or behind the time at which a token was issued.
pub const CLOCK_LEEWAY: i64 = 300;

/// The request that an answer must belong to.
#[derive(Clone, Debug, Default)]
pub struct Proof {
    pub nonce: Option<String>,
    /// The exact body of the request.
    pub request_body: Option<String>,
    /// The route, such as `/validate`.
    pub route: Option<String>,
}

/// The product, device and domain that a license must be for, unless it is for any.
#[derive(Clone, Debug, Default)]
pub struct Binding {
    pub product: Option<String>,
    pub fingerprint: Option<String>,
    pub domain: Option<String>,
}

/// Opens a token, and checks it in full at a time in seconds (conformance suite, "Verification").
pub fn verify_token(
    text: &str,
    kind: TokenType,
    keys: &[String],
    proof: &Proof,
    binding: &Binding,
    feed: Option<&Feed>,
    now: i64,
) -> Result<Token, TokenFault> {
    let token = open_token(text, kind, keys)?;
    check_proof(&token, proof, feed)?;
    if let Content::License(license) = &token.claims.content {
        let iat = token.claims.iat;
        check_binding(license, iat, binding, feed)?;
        check_time(&token, if now < iat - CLOCK_LEEWAY { iat } else { now })?;
    }
    Ok(token)
}

/// Steps 9–11: the key is not stolen, and the answer is ours.
pub fn check_proof(token: &Token, proof: &Proof, feed: Option<&Feed>) -> Result<(), TokenFault> {
    let Token { kind, kid, claims } = token;
    if feed.and_then(|feed| feed.keys.get(kid)).is_some_and(|since| claims.iat >= *since) {
        return Err(TokenFault::KeyRevoked);
    }
    if *kind == TokenType::Revocations {
        return Ok(());
    }
    let needs_nonce = proof.nonce.is_some() || *kind == TokenType::Answer;
    if needs_nonce && (proof.nonce.is_none() || claims.non != proof.nonce) {
        return Err(TokenFault::NonceMismatch);
    }
    let is_other_body = proof
        .request_body
        .as_deref()
        .is_some_and(|body| claims.req.as_deref() != Some(&hash_text(body)));
    let is_other_route = proof.route.is_some() && claims.rte != proof.route;
    if is_other_body || is_other_route {
        Err(TokenFault::RequestMismatch)
    } else {
        Ok(())
    }
}

/// Steps 12–15: the license is for this product, device and domain, and is not revoked.
pub fn check_binding(
    license: &LicenseClaims,
    iat: i64,
    binding: &Binding,
    feed: Option<&Feed>,
) -> Result<(), TokenFault> {
    let LicenseClaims { terms, fp, dom, act, .. } = license;
    if binding.product.as_ref().is_some_and(|product| *product != terms.aud) {
        return Err(TokenFault::ProductMismatch);
    }
    let own_fp = || binding.fingerprint.as_deref().map(hash_text);
    if fp.is_some() && *fp != own_fp() {
        return Err(TokenFault::FingerprintMismatch);
    }
    let is_covered = |dom| binding.domain.as_deref().is_some_and(|own| covers_domain(dom, own));
    if dom.as_deref().is_some_and(|dom| !is_covered(dom)) {
        return Err(TokenFault::DomainMismatch);
    }
    let is_void = |id| feed.and_then(|feed| feed.revoked.get(id)).is_some_and(|time| iat < *time);
    if is_void(&terms.sub) || act.iter().any(is_void) {
        return Err(TokenFault::LicenseRevoked);
    }
    Ok(())
}

/// Step 16: a lease or a file has not expired at a time in seconds.
pub fn check_time(token: &Token, time: i64) -> Result<(), TokenFault> {
    if time < token.claims.exp {
        return Ok(());
    }
    Err(match token.kind {
        TokenType::Lease => TokenFault::LeaseExpired,
        _ => TokenFault::FileExpired,
    })
}
