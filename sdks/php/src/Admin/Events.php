<?php

declare(strict_types=1);

namespace Licet\Admin;

use stdClass;

/** The calls about events. */
final class Events
{
    /** @internal */
    public function __construct(private readonly Calls $calls)
    {
    }

    public function get(string $id, ?CallOptions $options = null): stdClass
    {
        return $this->calls->call('getEvent', [$id], options: $options);
    }

    /**
     * Lists events, newest first, or those after the event `after`, oldest first.
     *
     * @param array<string, mixed> $query
     */
    public function list(array $query = [], ?CallOptions $options = null): PageList
    {
        return $this->calls->list('listEvents', [], $query, $options);
    }
}
