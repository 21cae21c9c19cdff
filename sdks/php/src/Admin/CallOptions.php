<?php

declare(strict_types=1);

namespace Licet\Admin;

/** The options of one call. */
final class CallOptions
{
    /**
     * @param string|null $idempotencyKey sent with a POST. By default each call has a new one, the same for
     *     all of its attempts. Pass your own, such as the ID of an order, to repeat a call later without a
     *     second effect
     * @param int|null $ifMatch the `version` of the license as you read it. If it has changed, the call fails
     *     with 412
     * @param float|null $timeout the time for each attempt, in seconds
     * @param int|null $retries how often the request is repeated after a failure that may pass
     */
    public function __construct(
        public readonly ?string $idempotencyKey = null,
        public readonly ?int $ifMatch = null,
        public readonly ?float $timeout = null,
        public readonly ?int $retries = null,
    ) {
    }
}
