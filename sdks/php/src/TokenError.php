<?php

declare(strict_types=1);

namespace Licet;

/** A token, license file or revocation feed that proves nothing. */
final class TokenError extends \RuntimeException implements LicetException
{
    /** For people. */
    private const EXPLANATIONS = [
        'MALFORMED' => 'The license is incomplete or damaged.',
        'TYPE_UNEXPECTED' => 'This is not a license.',
        'KEY_UNKNOWN' => 'The license was signed by an unknown key.',
        'SIGNATURE_INVALID' => 'The signature of the license is wrong.',
        'KEY_REVOKED' => 'The license was signed with a stolen key. Ask for a new one.',
        'NONCE_MISMATCH' => 'This is the answer to another request.',
        'REQUEST_MISMATCH' => 'This is the answer to another request.',
        'PRODUCT_MISMATCH' => 'The license is for another product.',
        'FINGERPRINT_MISMATCH' => 'The license is for another device.',
        'DOMAIN_MISMATCH' => 'The license is for another domain.',
        'LICENSE_REVOKED' => 'The license has been revoked.',
        'LEASE_EXPIRED' => 'The license was not confirmed for too long. Connect to the internet.',
        'FILE_EXPIRED' => 'The license file has expired. Ask for a new one.',
        'FEED_GAP' => 'Import the earlier revocations first.',
    ];

    /** @var string Such as `FINGERPRINT_MISMATCH`. */
    public $code;

    public function __construct(string $code, ?string $message = null)
    {
        parent::__construct($message ?? self::EXPLANATIONS[$code] ?? $code);
        $this->code = $code;
    }
}
