<?php

declare(strict_types=1);

namespace Licet\Admin;

use stdClass;

/**
 * A list that is read page by page while it is iterated. Nothing is requested before that.
 *
 * @implements \IteratorAggregate<int, stdClass>
 */
final class PageList implements \IteratorAggregate
{
    /**
     * @internal
     * @param \Closure(array<string, mixed>): stdClass $read
     * @param array<string, mixed> $query
     */
    public function __construct(
        private readonly \Closure $read,
        private readonly array $query,
    ) {
    }

    /** Returns the first page: `data` and `next_cursor`, which is the `cursor` of the next one. */
    public function page(): stdClass
    {
        return ($this->read)($this->query);
    }

    /** @return iterable<stdClass> */
    public function pages(): iterable
    {
        $query = $this->query;
        do {
            $page = ($this->read)($query);
            yield $page;
            $query['cursor'] = $page->next_cursor ?? null;
        } while ($query['cursor'] !== null);
    }

    public function getIterator(): \Generator
    {
        foreach ($this->pages() as $page) {
            foreach ($page->data as $item) {
                yield $item;
            }
        }
    }
}
