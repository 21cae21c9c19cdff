<?php

declare(strict_types=1);

namespace Licet\Admin;

use stdClass;

/** The calls about products. */
final class Products
{
    /** @internal */
    public function __construct(private readonly Calls $calls)
    {
    }

    /** @param array<string, mixed> $body */
    public function create(array $body, ?CallOptions $options = null): stdClass
    {
        return $this->calls->call('createProduct', [], $body, options: $options);
    }

    public function get(string $slug, ?CallOptions $options = null): stdClass
    {
        return $this->calls->call('getProduct', [$slug], options: $options);
    }

    /** @param array<string, mixed> $query */
    public function list(array $query = [], ?CallOptions $options = null): PageList
    {
        return $this->calls->list('listProducts', [], $query, $options);
    }

    /** @param array<string, mixed> $body */
    public function update(string $slug, array $body, ?CallOptions $options = null): stdClass
    {
        return $this->calls->call('updateProduct', [$slug], $body, options: $options);
    }
}
