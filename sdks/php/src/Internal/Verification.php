<?php

declare(strict_types=1);

namespace Licet\Internal;

use Licet\TokenError;

/** Steps 9–16 of the conformance suite, §Verification. */
final class Verification
{
    /** A clock may be this far behind the floor, or behind the time at which a token was issued. */
    public const CLOCK_LEEWAY = 300;

    /**
     * Opens a token and checks it in full.
     *
     * @throws TokenError
     */
    public static function verify(
        string $text,
        string $type,
        int $now,
        Terms $terms,
        ?Feed $feed = null,
        Proof $proof = new Proof(),
    ): Token {
        $token = Token::open($text, $type, $terms->publicKeys);
        $fault = self::findProofFault($token, $proof, $feed);
        if ($fault === null && ($type === Token::LEASE || $type === Token::FILE)) {
            $issuedAt = $token->claims->iat;
            $time = $now < $issuedAt - self::CLOCK_LEEWAY ? $issuedAt : $now;
            $fault = self::findBindingFault($token, $terms, $feed) ?? self::findTimeFault($token, $time);
        }
        return $fault === null ? $token : throw new TokenError($fault);
    }

    /** Steps 9–11: the key is not stolen, and the answer is ours. */
    public static function findProofFault(Token $token, Proof $proof, ?Feed $feed): ?string
    {
        $claims = $token->claims;
        $stolenSince = $feed->keys[$token->kid] ?? null;
        if ($stolenSince !== null && $claims->iat >= $stolenSince) {
            return 'KEY_REVOKED';
        }
        if ($token->type === Token::REVOCATIONS) {
            return null;
        }
        $needsNonce = $proof->nonce !== null || $token->type === Token::ANSWER;
        if ($needsNonce && ($proof->nonce === null || $claims->non !== $proof->nonce)) {
            return 'NONCE_MISMATCH';
        }
        if ($proof->requestBody !== null && $claims->req !== Text::hash($proof->requestBody)) {
            return 'REQUEST_MISMATCH';
        }
        $isOtherRoute = $proof->route !== null && ($claims->rte ?? null) !== $proof->route;
        return $isOtherRoute ? 'REQUEST_MISMATCH' : null;
    }

    /** Steps 12–15: the license is for this product, device and domain, and is not revoked. */
    public static function findBindingFault(Token $token, Terms $terms, ?Feed $feed): ?string
    {
        $claims = $token->claims;
        if ($terms->product !== null && $claims->aud !== $terms->product) {
            return 'PRODUCT_MISMATCH';
        }
        $isOwn = $terms->fingerprint !== null && $claims->fp === Text::hash($terms->fingerprint);
        if ($claims->fp !== null && !$isOwn) {
            return 'FINGERPRINT_MISMATCH';
        }
        $isCovered = $terms->domain !== null && Domains::covers($claims->dom ?? [], $terms->domain);
        if ($claims->dom !== null && !$isCovered) {
            return 'DOMAIN_MISMATCH';
        }
        foreach ([$claims->sub, ...$claims->act] as $id) {
            if ($claims->iat < ($feed->revoked[$id] ?? 0)) {
                return 'LICENSE_REVOKED';
            }
        }
        return null;
    }

    /** Steps 9–16 for a stored token, whose nonce no longer matters. */
    public static function findStoredFault(Token $token, Terms $terms, ?Feed $feed, int $time): ?string
    {
        return self::findProofFault($token, new Proof(), $feed)
            ?? self::findBindingFault($token, $terms, $feed)
            ?? self::findTimeFault($token, $time);
    }

    /** Step 16: the license has not expired. */
    public static function findTimeFault(Token $token, int $time): ?string
    {
        if ($time < $token->claims->exp) {
            return null;
        }
        return $token->isLease() ? 'LEASE_EXPIRED' : 'FILE_EXPIRED';
    }
}
