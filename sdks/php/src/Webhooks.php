<?php

declare(strict_types=1);

namespace Licet;

use Licet\Internal\Json;
use stdClass;

final class Webhooks
{
    private const TOLERANCE_SECONDS = 300;

    /**
     * Returns the event in a webhook request: `id`, `type`, `timestamp`, and `data` with the license, whose
     * key is masked. One of its signatures must have been made with one of the secrets (`whsec_…`, several
     * during a rotation) within the last five minutes (Standard Webhooks 1.0).
     *
     * @param string $body the body exactly as it arrived: `file_get_contents('php://input')`
     * @param array<string, string|list<string|null>|null> $headers those of `getallheaders()`, of PSR-7, of
     *     Laravel, or `$_SERVER`
     * @param string|list<string> $secret
     * @param int|null $now in seconds since 1970
     * @throws WebhookError
     */
    public static function verify(string $body, array $headers, string|array $secret, ?int $now = null): stdClass
    {
        $id = self::readHeader($headers, 'webhook-id');
        $timestamp = self::readHeader($headers, 'webhook-timestamp');
        $signatures = self::readHeader($headers, 'webhook-signature');
        if ($id === '' || $signatures === '' || preg_match('/\A\d{1,15}\z/', $timestamp) !== 1) {
            throw new WebhookError('HEADER_MISSING', 'The request has no webhook headers.');
        }
        self::checkAge(($now ?? time()) - (int) $timestamp);
        if (!self::isSigned($signatures, "$id.$timestamp.$body", (array) $secret)) {
            throw new WebhookError('SIGNATURE_INVALID', 'No signature matches.');
        }
        return Json::parseObject($body)
            ?? throw new WebhookError('BODY_INVALID', 'The body is not a JSON object.');
    }

    private static function checkAge(int $seconds): void
    {
        if ($seconds > self::TOLERANCE_SECONDS) {
            throw new WebhookError('TIMESTAMP_TOO_OLD', 'The request is more than five minutes old.');
        }
        if ($seconds < -self::TOLERANCE_SECONDS) {
            throw new WebhookError('TIMESTAMP_TOO_NEW', 'The request is more than five minutes ahead.');
        }
    }

    /** @param array<string, string|list<string|null>|null> $headers */
    private static function readHeader(array $headers, string $name): string
    {
        foreach ($headers as $key => $value) {
            $plain = strtolower(strtr((string) $key, '_', '-'));
            if ($plain === $name || $plain === "http-$name") {
                return (string) (is_array($value) ? ($value[0] ?? '') : $value);
            }
        }
        return '';
    }

    /** @param array<string> $secrets */
    private static function isSigned(string $signatures, string $message, array $secrets): bool
    {
        $isSigned = false;
        foreach ($secrets as $secret) {
            $base64 = str_starts_with($secret, 'whsec_') ? substr($secret, 6) : $secret;
            $key = base64_decode($base64, true);
            if ($key === false || $key === '') {
                throw new \InvalidArgumentException('A webhook secret must be "whsec_" and base64.');
            }
            $expected = 'v1,' . base64_encode(hash_hmac('sha256', $message, $key, true));
            foreach (explode(' ', $signatures) as $signature) {
                $isSigned = hash_equals($expected, $signature) || $isSigned;
            }
        }
        return $isSigned;
    }
}
