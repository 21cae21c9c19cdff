<?php

declare(strict_types=1);

namespace Licet;

/** A request that Licet did not send, or sent too long ago. Answer it with 400. */
final class WebhookError extends \RuntimeException implements LicetException
{
    /** @var string `HEADER_MISSING`, `TIMESTAMP_TOO_OLD`, `TIMESTAMP_TOO_NEW`, `SIGNATURE_INVALID`, `BODY_INVALID` */
    public $code;

    public function __construct(string $code, string $message)
    {
        parent::__construct($message);
        $this->code = $code;
    }
}
