<?php

declare(strict_types=1);

namespace Licet;

/** With it, a device without a connection asks for a license file. It contains the license key. */
final class OfflineRequest
{
    /**
     * @param string $code such as `LQ1.eyJ2Ijox…`
     * @param string $url the page of the server with the code in its fragment, for a link or a QR code
     */
    public function __construct(
        public readonly string $code,
        public readonly string $url,
    ) {
    }
}
