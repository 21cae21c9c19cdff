<?php

declare(strict_types=1);

namespace Licet;

/**
 * The server gave no answer that counts: a timeout, a network failure, status 408, 425, 429 or 5xx,
 * something else than Licet (a captive portal), or a response without the signature that was asked for.
 * It never means that a license is invalid.
 */
final class NoAnswer extends \RuntimeException implements LicetException
{
    /** @var string */
    public $code = 'NO_ANSWER';

    /**
     * @param string $reason `timeout`, `network`, `status`, `not_licet`, `too_large` or `signature`
     * @param float|null $retryAfter how long the server asked to wait, in seconds
     */
    public function __construct(
        public readonly string $reason,
        string $message,
        public readonly ?int $status = null,
        public readonly ?float $retryAfter = null,
        ?\Throwable $previous = null,
    ) {
        parent::__construct($message, 0, $previous);
        $this->code = 'NO_ANSWER';
    }
}
