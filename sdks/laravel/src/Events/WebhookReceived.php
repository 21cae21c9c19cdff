<?php

declare(strict_types=1);

namespace Licet\Laravel\Events;

use stdClass;

/** Something has happened on the Licet server, such as `license.revoked`. */
final class WebhookReceived
{
    /**
     * @param string $timestamp RFC 3339
     * @param stdClass $data `license` is the license, with its key masked
     */
    public function __construct(
        public readonly string $id,
        public readonly string $type,
        public readonly string $timestamp,
        public readonly stdClass $data,
    ) {
    }

    /** Returns null if the object is not an event. */
    public static function read(stdClass $event): ?self
    {
        ['id' => $id, 'type' => $type, 'timestamp' => $timestamp, 'data' => $data]
            = (array) $event + ['id' => null, 'type' => null, 'timestamp' => '', 'data' => new stdClass()];
        $isEvent = is_string($id) && is_string($type) && is_string($timestamp) && $data instanceof stdClass;
        return $isEvent ? new self($id, $type, $timestamp, $data) : null;
    }
}
